//! `healthcheck`: asks a process on this machine whether it may be sent requests, for containers and scripts.

use super::CliError;
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Asks `etl schedule` instead of `serve`.
    #[arg(long)]
    etl: bool,
}

pub(super) async fn run(settings: &Settings, args: &Args) -> Result<(), CliError> {
    let (host, port) = if args.etl {
        let listen = &settings.etl.listen;
        (listen.host.as_str(), listen.port)
    } else {
        (settings.server.host.as_str(), settings.server.port)
    };
    Ok(service::healthcheck::ask(host, port).await?)
}
