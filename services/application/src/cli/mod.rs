//! The command line: one file a subcommand.

pub(crate) mod serve;

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
            Self::Settings(_) | Self::Tokens(..) => 3,
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
        Command::Serve => serve::run(&load()?).await,
        Command::Openapi => {
            let document = document().to_pretty_json();
            let text = document.map_err(std::io::Error::other)?;
            Ok(writeln!(std::io::stdout().lock(), "{text}")?)
        }
        Command::Healthcheck => {
            let server = load()?.server;
            Ok(service::healthcheck::ask(&server.host, server.port).await?)
        }
    }
}
