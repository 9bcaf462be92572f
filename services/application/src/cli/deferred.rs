//! `deferred`: what waits to be done later, and what was given up.

use super::{CliError, print};
use crate::features::deferred;
use crate::settings::{SERVICE, Settings};
use clap::Subcommand;
use pg::Db;
use uuid::Uuid;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Prints what waits and what is dead, one JSON object a line, the oldest first; a thousand at most.
    List,
    /// Gives dead operations another ten attempts.
    Replay {
        /// Only this one.
        id: Option<Uuid>,
    },
}

pub(super) async fn run(settings: &Settings, command: Command) -> Result<(), CliError> {
    let db = Db::new(&settings.database, SERVICE)?;
    match command {
        Command::List => {
            for operation in deferred::open(&db).await? {
                print(&serde_json::to_string(&operation).map_err(std::io::Error::other)?)?;
            }
            Ok(())
        }
        Command::Replay { id } => {
            let replayed = deferred::replay(&db, id).await?;
            print(&format!("{replayed} operations are tried again"))
        }
    }
}
