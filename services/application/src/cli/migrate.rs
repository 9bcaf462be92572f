//! `migrate`: every capsule's migrations, under a lock, so that any number of instances may start at once.

use super::{CliError, print};
use crate::features;
use crate::settings::Settings;
use pg::Steps;

pub(super) async fn run(settings: &Settings) -> Result<(), CliError> {
    let owner = settings.database.with_credentials(&settings.migrations);
    let mut client = pg::connect(&owner, "mvp-migrate").await?;
    for (capsule, migrations) in features::migrations() {
        let applied = pg::migrate(&mut client, capsule, &migrations).await?;
        print(&format!("{capsule}: {applied} migrations applied"))?;
    }
    Ok(())
}

/// How many migrations each capsule has.
pub(super) fn steps() -> Vec<Steps> {
    let all = features::migrations().into_iter();
    all.map(|(capsule, migrations)| (capsule, migrations.len()))
        .collect()
}
