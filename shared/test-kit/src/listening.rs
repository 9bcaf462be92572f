//! Where a service that was just started listens.

use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

/// The address that a service tells in its log; waits until it does.
pub async fn listening_address(log: &Path) -> SocketAddr {
    let begun = Instant::now();
    loop {
        let lines = std::fs::read_to_string(log).unwrap();
        let listening = lines
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .find(|line| line.get("msg").is_some_and(|it| it == "listening"));
        if let Some(line) = listening {
            let address = line.get("address").and_then(Value::as_str);
            return address.unwrap().parse().unwrap();
        }
        assert!(begun.elapsed() < PATIENCE, "{lines}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
