//! Asking a process on this machine whether it may be sent requests, for containers and scripts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(3);

/// It is not ready, or does not answer.
#[derive(Debug, thiserror::Error)]
#[error("the service is not ready")]
pub struct NotReady(#[source] reqwest::Error);

/// Asks the process that listens there for `/health/ready`.
pub async fn ask(host: &str, port: u16) -> Result<(), NotReady> {
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .no_proxy()
        .build();
    let url = ready_url(host, port);
    let answer = async { client?.get(&url).send().await?.error_for_status() }.await;
    answer
        .map(|_| ())
        .map_err(|error| NotReady(error.without_url()))
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
