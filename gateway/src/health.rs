//! Health of the gateway: its own, and that of each upstream as probed and as last met.

use crate::upstream::Upstream;
use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use service::health::{CheckOutcome, Health, Need, Status};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;

/// A probe that takes longer has failed.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

/// Probes run when somebody asks, and at most once a second.
pub(crate) fn of_upstreams(upstreams: &[Arc<Upstream>]) -> Health {
    let none = Health::new("gateway", env!("CARGO_PKG_VERSION"));
    upstreams.iter().cloned().fold(none, |health, upstream| {
        // The names live as long as the process: there are as many as upstreams in its settings.
        let name: &'static str = upstream.name.clone().leak();
        health.check(name, Need::Optional, move || probe(Arc::clone(&upstream)))
    })
}

async fn probe(upstream: Arc<Upstream>) -> CheckOutcome {
    let last_request = if upstream.is_failing() {
        "failed"
    } else {
        "ok"
    };
    match tokio::time::timeout(PROBE_TIMEOUT, ask(&upstream)).await {
        Ok(Ok(status)) if status.is_success() => {
            Ok(BTreeMap::from([("last_request", last_request.to_owned())]))
        }
        Ok(Ok(status)) => Err(format!("it answers {status}")),
        Ok(Err(reason)) => Err(reason),
        Err(_late) => Err("no answer in time".to_owned()),
    }
}

async fn ask(upstream: &Upstream) -> Result<StatusCode, String> {
    let socket = TcpStream::connect(upstream.address())
        .await
        .map_err(|error| error.to_string())?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket))
        .await
        .map_err(|error| error.to_string())?;
    let request = Request::get(upstream.health_path.as_str())
        .header(header::HOST, upstream.host_header.clone())
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| error.to_string())?;
    let asked = async move {
        sender
            .send_request(request)
            .await
            .map(|answer| answer.status())
    };
    let (status, _closed) = tokio::join!(asked, connection);
    status.map_err(|error| error.to_string())
}

/// What one of the health paths answers.
pub(crate) async fn answer(health: &Health, path: &str) -> Option<(StatusCode, Vec<u8>)> {
    let of = |good: bool| {
        if good {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        }
    };
    match path {
        "/health/live" => Some((StatusCode::OK, br#"{"status":"ok"}"#.to_vec())),
        // Upstreams do not count here: without any of them the gateway still answers, with 503s.
        "/health/ready" => {
            let ready = health.is_ready().await;
            let word = if ready { "ok" } else { "unavailable" };
            Some((of(ready), format!(r#"{{"status":"{word}"}}"#).into_bytes()))
        }
        "/health" => {
            let summary = health.summary().await;
            let json = serde_json::to_vec(&summary).unwrap_or_default();
            Some((of(summary.status != Status::Unavailable), json))
        }
        _ => None,
    }
}
