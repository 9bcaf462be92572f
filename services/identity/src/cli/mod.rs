//! The command line: one file a subcommand.

mod audit;
mod keys;
mod maintenance;
mod migrate;
pub(crate) mod serve;
mod users;

use crate::document::document;
use crate::settings::{BadSetting, SERVICE, Settings};
use crate::state::State;
use clap::{Parser, Subcommand};
use pg::Db;
use service::settings::SettingsError;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use vault::Vault;

/// The built-in OpenID provider.
#[derive(Debug, Parser)]
#[command(name = "identity", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// Settings that win over those of the folder `config`; variables win over both.
    #[arg(long, global = true, value_name = "FILE")]
    settings: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves over HTTP, sends mail, changes keys in time and keeps the house clean.
    Serve,
    /// Brings the database to this program's version.
    Migrate,
    /// Looks after signing keys.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Looks after people's accounts.
    #[command(subcommand)]
    Users(users::Command),
    /// Looks after the audit.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Prints the `OpenAPI` document.
    Openapi,
    /// Exits with 0 when the service on this machine may be sent requests.
    Healthcheck,
}

/// Why a subcommand ends without success.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Setting(#[from] BadSetting),
    #[error("telemetry cannot be set up")]
    Telemetry(#[from] service::telemetry::TelemetryError),
    #[error("secrets cannot be handled (master_key_file)")]
    Vault(#[from] vault::VaultError),
    #[error("the database cannot be used")]
    Database(#[from] pg::DbError),
    #[error("mail cannot be sent")]
    Mail(#[from] mail::MailError),
    #[error(transparent)]
    NotReady(#[from] service::healthcheck::NotReady),
    #[error(transparent)]
    Fault(#[from] fault::Fault),
    #[error("the audit is not as it was written: row {seq}: {reason}")]
    BadAudit { seq: i64, reason: &'static str },
    #[error("{0}")]
    Refused(&'static str),
    #[error("the process cannot do its input or output")]
    Output(#[from] std::io::Error),
}

impl CliError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Settings(_) | Self::Setting(_) => 3,
            _ => 1,
        }
    }
}

/// Runs a command line.
pub(crate) fn run(cli: Cli) -> ExitCode {
    service::program::run(dispatch(cli), CliError::exit_code)
}

async fn dispatch(cli: Cli) -> Result<(), CliError> {
    let load = || Settings::load(cli.settings.as_deref());
    if !matches!(cli.command, Command::Serve) {
        service::telemetry::warnings_on_stderr()?;
    }
    match cli.command {
        Command::Serve => serve::run(load()?).await,
        Command::Migrate => migrate::run(&load()?).await,
        Command::Keys(command) => keys::run(&state(load()?)?, command).await,
        Command::Users(command) => users::run(&state(load()?)?, command).await,
        Command::Audit(command) => audit::run(&load()?, command).await,
        Command::Openapi => {
            let document = document().to_pretty_json();
            print(&document.map_err(std::io::Error::other)?)
        }
        Command::Healthcheck => {
            let server = load()?.server;
            Ok(service::healthcheck::ask(&server.host, server.port).await?)
        }
    }
}

/// What commands and the server need.
fn state(settings: Settings) -> Result<State, CliError> {
    let address = settings.validate()?;
    let vault = Vault::open(&settings.master_key_file)?;
    let db = Db::new(&settings.database, SERVICE)?;
    Ok(State::new(db, vault, settings, address))
}

/// Writes a result on standard output.
pub(crate) fn print(text: &str) -> Result<(), CliError> {
    Ok(writeln!(std::io::stdout().lock(), "{text}")?)
}
