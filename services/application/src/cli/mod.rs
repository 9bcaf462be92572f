//! The command line: one file a subcommand.

mod deferred;
mod migrate;
pub(crate) mod serve;
mod worker;

use crate::document::document;
use crate::settings::Settings;
use clap::{Parser, Subcommand};
use service::settings::SettingsError;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// What people do with their vehicles, over the platform services.
#[derive(Debug, Parser)]
#[command(name = "application", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// Settings that win over those of the folder `config`; variables win over both.
    #[arg(long, global = true, value_name = "FILE")]
    settings: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves over HTTP.
    Serve,
    /// Brings the database to this program's version.
    Migrate,
    /// Does what was put off: VINs that could not be decoded, and the end of the trash.
    Worker,
    /// Looks after what was put off.
    #[command(subcommand)]
    Deferred(deferred::Command),
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
    #[error("the setting tokens.{0} is not usable: it {1}")]
    Tokens(&'static str, &'static str),
    #[error("the setting worker is missing: it says where the worker shows its health")]
    NoWorker,
    #[error("the database cannot be used")]
    Database(#[from] pg::DbError),
    #[error("telemetry cannot be set up")]
    Telemetry(#[from] service::telemetry::TelemetryError),
    #[error("the cache cannot be set up")]
    Cache(#[from] cache::RedisUnavailable),
    #[error("a platform service cannot be asked")]
    Upstream(#[from] upstream::SetupError),
    #[error(transparent)]
    NotReady(#[from] service::healthcheck::NotReady),
    #[error("the process cannot do its input or output")]
    Output(#[from] std::io::Error),
}

impl CliError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Settings(_) | Self::Tokens(..) | Self::NoWorker => 3,
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
    if !matches!(cli.command, Command::Serve | Command::Worker) {
        service::telemetry::warnings_on_stderr()?;
    }
    match cli.command {
        Command::Serve => serve::run(&load()?).await,
        Command::Migrate => migrate::run(&load()?).await,
        Command::Worker => worker::run(&load()?).await,
        Command::Deferred(command) => deferred::run(&load()?, command).await,
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

/// Writes a result on standard output.
fn print(text: &str) -> Result<(), CliError> {
    Ok(writeln!(std::io::stdout().lock(), "{text}")?)
}
