//! `etl releases [--json]`

use super::{print, print_json};
use crate::cli::CliError;
use crate::features::etl::{self, Etl, ReleaseRow};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Prints everything that is recorded, as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(etl: &Etl, args: &Args) -> Result<(), CliError> {
    let releases = etl::list(etl).await?;
    if args.json {
        return print_json(&releases);
    }
    print(&format!(
        "{:>4}  {:<10}  {:<7}  {:<20}  {:>10}  {:<12}  {}",
        "ID", "STATE", "MONTH", "STARTED", "ROWS", "CHECKSUM", "SOURCE"
    ))?;
    for release in &releases {
        print(&line(release))?;
        if let Some(failure) = &release.failure {
            print(&format!("      {failure}"))?;
        }
    }
    Ok(())
}

fn line(release: &ReleaseRow) -> String {
    let rows = release
        .row_counts
        .as_ref()
        .and_then(|counts| counts.as_object())
        .map_or_else(String::new, |counts| {
            counts
                .values()
                .filter_map(serde_json::Value::as_u64)
                .sum::<u64>()
                .to_string()
        });
    let checksum: String = release
        .checksum
        .iter()
        .flat_map(|text| text.chars())
        .take(12)
        .collect();
    format!(
        "{:>4}  {:<10}  {:<7}  {:<20}  {rows:>10}  {checksum:<12}  {}",
        release.id,
        release.state,
        release.month.as_deref().unwrap_or(""),
        release.started_at,
        release.source
    )
}
