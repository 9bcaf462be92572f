//! `healthcheck`: asks a process on this machine whether it may be sent requests, for containers and scripts.

use super::CliError;
use crate::settings::Settings;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(3);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Asks `etl schedule` instead of `serve`.
    #[arg(long)]
    etl: bool,
}

pub(super) async fn run(settings: &Settings, args: &Args) -> Result<(), CliError> {
    let url = if args.etl {
        let listen = &settings.etl.listen;
        ready_url(&listen.host, listen.port)
    } else {
        ready_url(&settings.server.host, settings.server.port)
    };
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .no_proxy()
        .build();
    let answer = async { client?.get(&url).send().await?.error_for_status() }.await;
    answer
        .map(|_| ())
        .map_err(|error| CliError::NotReady(error.without_url()))
}

/// A process that listens everywhere is asked on loopback; in a URL an address of IPv6 stands in brackets.
fn ready_url(host: &str, port: u16) -> String {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let host = match bare.parse() {
        Ok(IpAddr::V4(address)) if address.is_unspecified() => Ipv4Addr::LOCALHOST.to_string(),
        Ok(IpAddr::V6(address)) if address.is_unspecified() => format!("[{}]", Ipv6Addr::LOCALHOST),
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        Ok(IpAddr::V4(_)) | Err(_) => host.to_owned(),
    };
    format!("http://{host}:{port}/health/ready")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_where_it_listens_can_be_asked() {
        for (host, asked) in [
            ("0.0.0.0", "127.0.0.1"),
            ("127.0.0.1", "127.0.0.1"),
            ("::", "[::1]"),
            ("::1", "[::1]"),
            ("fd00::7", "[fd00::7]"),
            ("[fd00::7]", "[fd00::7]"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(
                ready_url(host, 8_000),
                format!("http://{asked}:8000/health/ready")
            );
        }
    }
}
