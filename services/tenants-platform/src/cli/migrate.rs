//! `migrate`: every capsule's migrations, under a lock, so that any number of instances may start at once.

use super::{CliError, print};
use crate::features::{api_keys, configuration, memberships, tenants, webhooks};
use crate::settings::Settings;
use mail::outbox;
use pg::{Migration, Steps};

/// Every capsule with its migrations.
fn capsules() -> [(&'static str, Vec<Migration>); 7] {
    [
        (audit::SCHEMA, audit::migrations()),
        (outbox::SCHEMA, outbox::migrations()),
        (webhooks::CAPSULE, webhooks::migrations()),
        (tenants::CAPSULE, tenants::migrations()),
        (memberships::CAPSULE, memberships::migrations()),
        (configuration::CAPSULE, configuration::migrations()),
        (api_keys::CAPSULE, api_keys::migrations()),
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
