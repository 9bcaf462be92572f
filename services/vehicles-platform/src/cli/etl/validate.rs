//! `etl validate [--release ID] [--json]`

use super::{print, print_json};
use crate::cli::CliError;
use crate::features::etl::{self, Etl, EtlError};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The release's id; the live one by default.
    #[arg(long, value_name = "ID")]
    release: Option<i32>,
    /// Prints the report as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(etl: &Etl, args: &Args) -> Result<(), CliError> {
    let report = etl::validate(etl, args.release).await?;
    if args.json {
        print_json(&report)?;
    } else {
        for check in &report.checks {
            let mark = if check.passed { "ok    " } else { "FAILED" };
            print(&format!("{mark} {}: {}", check.name, check.detail))?;
        }
    }
    if report.passed {
        Ok(())
    } else {
        Err(EtlError::Invalid(Box::new(report)).into())
    }
}
