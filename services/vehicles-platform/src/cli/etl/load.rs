//! `etl load <file|url|mssql://…>`

use super::print;
use crate::cli::CliError;
use crate::features::etl::{
    self, Etl, EtlError, LoadRequest, Outcome, ProgressFormat, SourceAddress,
};
use jiff::civil::Date;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// A dump (plain, .gz, .zst, .zip) as a file or http(s) URL, or `mssql://user@host:port/database`.
    source: String,
    /// The day that "now" is for the derivation; the first of the release's month by default.
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<Date>,
    /// Loads the release even if its content is loaded already.
    #[arg(long)]
    force: bool,
    /// Waits for a load that is running instead of failing.
    #[arg(long)]
    wait: bool,
    /// How progress is told, on standard error.
    #[arg(long, value_enum, default_value = "plain")]
    progress: ProgressFormat,
}

pub(super) async fn run(etl: &Etl, args: Args) -> Result<(), CliError> {
    let request = LoadRequest {
        source: SourceAddress::parse(&args.source).map_err(EtlError::from)?,
        as_of: args.as_of,
        today: jiff::Zoned::now().date(),
        force: args.force,
        wait: args.wait,
        progress: args.progress,
    };
    let outcome = etl::load(etl, &request, service::shutdown::signal()).await?;
    print(&match outcome {
        Outcome::Live(release) => format!(
            "release {} of {} is live: {} checks passed, {} rows, {} ms",
            release.id,
            release.month,
            release.report.checks.len(),
            release.row_counts.values().sum::<u64>(),
            release.duration.as_millis()
        ),
        Outcome::AlreadyLoaded { id, live: true } => {
            format!(
                "nothing to do: this is the content of release {id}, which is live (--force loads it again)"
            )
        }
        Outcome::AlreadyLoaded { id, live: false } => {
            format!(
                "nothing to do: this is the content of release {id}, which is loaded but not live (--force loads it again)"
            )
        }
    })
}
