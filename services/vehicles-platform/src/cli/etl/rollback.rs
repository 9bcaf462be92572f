//! `etl rollback [--wait]`

use super::print;
use crate::cli::CliError;
use crate::features::etl::{self, Etl};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Waits for a load that is running instead of failing. What it makes live is what is gone back from.
    #[arg(long)]
    wait: bool,
}

pub(super) async fn run(etl: &Etl, args: &Args) -> Result<(), CliError> {
    let release = etl::rollback(etl, args.wait).await?;
    print(&format!(
        "release {} of {} is live again",
        release.id, release.month
    ))
}
