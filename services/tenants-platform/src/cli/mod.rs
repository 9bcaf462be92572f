//! The command line: one file a subcommand.

mod audit;
mod maintenance;
mod migrate;
pub(crate) mod serve;

use crate::document::document;
use crate::settings::{BadSetting, Settings};
use clap::{Parser, Subcommand};
use service::settings::SettingsError;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Tenants as a service.
#[derive(Debug, Parser)]
#[command(name = "tenants-platform", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// Settings that win over those of the folder `config`; variables win over both.
    #[arg(long, global = true, value_name = "FILE")]
    settings: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves over HTTP, sends webhooks and keeps the house clean.
    Serve,
    /// Brings the database to this program's version.
    Migrate,
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
    #[error("no file of API keys is set (api_keys.files): nobody could ask anything")]
    NoApiKeys,
    #[error("the API keys are not usable")]
    ApiKeys(#[from] access::KeyFileError),
    #[error("secrets cannot be handled (master_key_file)")]
    Vault(#[from] vault::VaultError),
    #[error("the database cannot be used")]
    Database(#[from] pg::DbError),
    #[error("the cache cannot be set up")]
    Cache(#[from] cache::RedisUnavailable),
    #[error("webhooks cannot be sent")]
    Webhooks(#[source] reqwest::Error),
    #[error("mail cannot be sent")]
    Mail(#[from] mail::MailError),
    #[error(transparent)]
    NotReady(#[from] service::healthcheck::NotReady),
    #[error("the audit is not as it was written: row {seq}: {reason}")]
    BadAudit { seq: i64, reason: &'static str },
    #[error("the process cannot do its input or output")]
    Output(#[from] std::io::Error),
}

impl CliError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Settings(_) | Self::Setting(_) | Self::NoApiKeys => 3,
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
        Command::Migrate => migrate::run(&load()?).await,
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

/// Writes a result on standard output.
pub(crate) fn print(text: &str) -> Result<(), CliError> {
    Ok(writeln!(std::io::stdout().lock(), "{text}")?)
}
