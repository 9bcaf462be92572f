//! `audit verify`: follows the chain of the audit and names the first bad row.

use super::{CliError, print};
use crate::settings::{SERVICE, Settings};
use ::audit::Head;
use clap::Subcommand;
use pg::Db;
use std::time::Duration;

/// A page of the chain is some thousand rows.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Checks that no entry was changed, removed or reordered.
    Verify {
        /// A head that was printed before, as <seq>:<hash>: entries cut off the end are noticed too.
        #[arg(long, value_name = "SEQ:HASH")]
        head: Option<Head>,
    },
}

pub(super) async fn run(settings: &Settings, command: Command) -> Result<(), CliError> {
    let Command::Verify { head } = command;
    let db = Db::new(&settings.database, SERVICE)?.with_query_timeout(PATIENCE);
    let report = ::audit::verify(&db, head.as_ref()).await?;
    print(&serde_json::to_string(&report).map_err(std::io::Error::other)?)?;
    match report.bad {
        None => Ok(()),
        Some(bad) => Err(CliError::BadAudit {
            seq: bad.seq,
            reason: bad.reason,
        }),
    }
}
