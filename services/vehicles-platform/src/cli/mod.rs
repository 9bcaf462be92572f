//! The command line: one file a subcommand.

mod decode;
mod etl;
mod healthcheck;
mod migrate;
mod openapi;
pub(crate) mod serve;

use crate::features::etl::EtlError;
use crate::settings::Settings;
use clap::{Parser, Subcommand};
use service::settings::SettingsError;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// NHTSA's vPIC vehicle catalogue as a service.
#[derive(Debug, Parser)]
#[command(name = "vehicles-platform", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// Settings that win over those of the folder `config`; variables win over both.
    #[arg(long, global = true, value_name = "FILE")]
    settings: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the catalogue over HTTP.
    Serve,
    /// Brings the database to this program's version.
    Migrate,
    /// Loads releases of vPIC and looks after them.
    #[command(subcommand)]
    Etl(etl::Command),
    /// Decodes VINs.
    Decode(decode::Args),
    /// Prints the `OpenAPI` document.
    Openapi,
    /// Exits with 0 when the service on this machine may be sent requests.
    Healthcheck(healthcheck::Args),
}

impl Command {
    /// Whether it runs until it is stopped, with logs and metrics of its own.
    fn is_long_running(&self) -> bool {
        match self {
            Self::Serve => true,
            Self::Etl(command) => command.is_long_running(),
            Self::Migrate | Self::Decode(_) | Self::Openapi | Self::Healthcheck(_) => false,
        }
    }
}

/// Why a subcommand ends without success.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Etl(#[from] EtlError),
    #[error(transparent)]
    Vin(#[from] crate::features::vin::VinError),
    #[error("telemetry cannot be set up")]
    Telemetry(#[from] service::telemetry::TelemetryError),
    #[error("no file of API keys is set (api_keys.files): nobody could ask anything")]
    NoApiKeys,
    #[error("the API keys are not usable")]
    ApiKeys(#[from] access::KeyFileError),
    #[error("the database cannot be used")]
    Database(#[from] pg::DbError),
    #[error("the cache cannot be set up")]
    Cache(#[from] cache::RedisUnavailable),
    #[error(transparent)]
    NotReady(#[from] service::healthcheck::NotReady),
    #[error("the process cannot do its input or output")]
    Output(#[from] std::io::Error),
}

impl CliError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Settings(_) | Self::NoApiKeys => 3,
            Self::Etl(error) => error.exit_code(),
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
    if !cli.command.is_long_running() {
        service::telemetry::warnings_on_stderr()?;
    }
    match cli.command {
        Command::Decode(args) => decode::run(cli.settings.as_deref(), args).await,
        Command::Openapi => openapi::run(),
        Command::Serve => serve::run(&load()?).await,
        Command::Healthcheck(args) => healthcheck::run(&load()?, &args).await,
        Command::Migrate => migrate::run(&load()?).await,
        Command::Etl(command) => etl::run(&load()?, command).await,
    }
}

/// Writes a result on standard output.
pub(crate) fn print(text: &str) -> Result<(), CliError> {
    Ok(writeln!(std::io::stdout().lock(), "{text}")?)
}
