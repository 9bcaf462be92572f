//! `migrate`: every capsule's migrations, under a lock, so that any number of instances may start at once.

use super::{CliError, print};
use crate::features::etl;
use crate::settings::Settings;

pub(super) async fn run(settings: &Settings) -> Result<(), CliError> {
    let applied = etl::migrate(&settings.etl()).await?;
    print(&format!("{}: {applied} migrations applied", etl::CAPSULE))
}
