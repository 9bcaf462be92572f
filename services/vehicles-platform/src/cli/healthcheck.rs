//! `healthcheck`: asks the service on this machine whether it may be sent requests, for containers and scripts.

use super::CliError;
use crate::settings::Settings;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(3);

pub(super) async fn run(settings: &Settings) -> Result<(), CliError> {
    // A service that listens everywhere is asked on loopback.
    let host = match settings.server.host.as_str() {
        "0.0.0.0" => "127.0.0.1",
        "::" => "[::1]",
        host => host,
    };
    let url = format!("http://{host}:{}/health/ready", settings.server.port);
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .no_proxy()
        .build();
    let answer = async { client?.get(&url).send().await?.error_for_status() }.await;
    answer
        .map(|_| ())
        .map_err(|error| CliError::NotReady(error.without_url()))
}
