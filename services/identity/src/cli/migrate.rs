//! `migrate`: every capsule's migrations, under a lock, so that any number of instances may start at once.

use super::{CliError, print};
use crate::features::{accounts, limits, oidc, passkeys, second_factor, sessions};
use crate::settings::Settings;
use mail::outbox;
use pg::{Migration, Steps};

/// Every capsule with its migrations.
fn capsules() -> [(&'static str, Vec<Migration>); 8] {
    [
        (::audit::SCHEMA, ::audit::migrations()),
        (limits::CAPSULE, limits::migrations()),
        (outbox::SCHEMA, outbox::migrations()),
        (accounts::CAPSULE, accounts::migrations()),
        (sessions::CAPSULE, sessions::migrations()),
        (second_factor::CAPSULE, second_factor::migrations()),
        (passkeys::CAPSULE, passkeys::migrations()),
        (oidc::CAPSULE, oidc::migrations()),
    ]
}

pub(super) async fn run(settings: &Settings) -> Result<(), CliError> {
    let owner = settings.database.with_credentials(&settings.migrations);
    let mut client = pg::connect(&owner, "mvp-migrate").await?;
    for (capsule, migrations) in capsules() {
        let applied = pg::migrate(&mut client, capsule, &migrations).await?;
        print(&format!("{capsule}: {applied} migrations applied"))?;
    }
    Ok(())
}

/// How many migrations each capsule has.
pub(super) fn steps() -> Vec<Steps> {
    let steps = capsules().map(|(capsule, migrations)| (capsule, migrations.len()));
    steps.into()
}
