//! `keys`: what the operator does with signing keys.

use super::{CliError, print};
use crate::change::Change;
use crate::features::oidc;
use crate::settings::SERVICE;
use crate::state::State;
use ::audit::{By, Note};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists the published keys.
    List,
    /// Makes the next key. It signs once everybody had time to fetch it.
    Rotate {
        /// It signs at once: the present key is not to be trusted any more.
        #[arg(long)]
        now: bool,
    },
    /// Takes a key back for good: tokens that it signed are refused as soon as their readers fetch the keys again.
    Remove {
        /// As `list` prints it: one in sixty-four begins with a hyphen.
        #[arg(allow_hyphen_values = true)]
        kid: String,
    },
}

pub(super) async fn run(state: &State, command: Command) -> Result<(), CliError> {
    match command {
        Command::List => {
            for key in oidc::list_keys(&state.db).await? {
                print(&format!("{}  signs from {}", key.kid, key.signs_from))?;
            }
            Ok(())
        }
        Command::Rotate { now } => print(&oidc::rotate(state, now).await?),
        Command::Remove { kid } => {
            let by = By {
                consumer: SERVICE.to_owned(),
                actor: Some("operator".to_owned()),
                request_id: None,
            };
            let mut change = Change::begin(&state.db, by).await?;
            if !oidc::remove_key(change.transaction(), &kid).await? {
                return Err(CliError::Refused("there is no such key"));
            }
            change.note(Note::new("key.removed", None, &kid));
            Ok(change.commit().await?)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::Cli;
    use clap::Parser;

    #[test]
    fn a_key_whose_name_begins_with_a_hyphen_can_be_removed() {
        Cli::try_parse_from(["identity", "keys", "remove", "-dOZv"]).unwrap();
    }
}
