//! `etl …`: loading releases of vPIC and looking after them.

mod load;
mod prune;
mod releases;
mod rollback;
mod schedule;
mod validate;

use super::{CliError, print};
use crate::settings::Settings;
use clap::Subcommand;
use serde::Serialize;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Loads a release and makes it live.
    Load(load::Args),
    /// Checks a loaded release again.
    Validate(validate::Args),
    /// Makes the release before the live one live again.
    Rollback(rollback::Args),
    /// Removes half-loaded releases, and complete ones beyond those to keep.
    Prune,
    /// Lists the releases and the attempts at them.
    Releases(releases::Args),
    /// Runs, and loads the month's release when the schedule says so.
    Schedule,
}

pub(super) async fn run(settings: &Settings, command: Command) -> Result<(), CliError> {
    let etl = settings.etl();
    match command {
        Command::Load(args) => load::run(&etl, args).await,
        Command::Validate(args) => validate::run(&etl, &args).await,
        Command::Rollback(args) => rollback::run(&etl, &args).await,
        Command::Prune => prune::run(&etl).await,
        Command::Releases(args) => releases::run(&etl, &args).await,
        Command::Schedule => schedule::run(&etl).await,
    }
}

impl Command {
    /// Whether it runs until it is stopped, with logs and metrics of its own.
    pub(super) fn is_long_running(&self) -> bool {
        matches!(self, Self::Schedule)
    }
}

fn print_json(value: &impl Serialize) -> Result<(), CliError> {
    print(&serde_json::to_string_pretty(value).map_err(std::io::Error::other)?)
}
