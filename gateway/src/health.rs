//! Health of the gateway: its own, and that of each upstream as probed and as last met.

use crate::lasting::lasting;
use crate::upstream::{BreakerState, Upstream, ask, now_ms};
use http::StatusCode;
use service::health::{CheckOutcome, Health, Need, Status};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// A probe that takes longer has failed.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

/// Probes run when somebody asks, and at most once a second.
pub(crate) fn of_upstreams(upstreams: &[Arc<Upstream>], before: Option<&Health>) -> Health {
    let fresh = || Health::new("gateway", env!("CARGO_PKG_VERSION"));
    let none = before.map_or_else(fresh, Health::renewed);
    upstreams.iter().cloned().fold(none, |health, upstream| {
        health.check(lasting(&upstream.name), Need::Optional, move || {
            probe(Arc::clone(&upstream))
        })
    })
}

async fn probe(upstream: Arc<Upstream>) -> CheckOutcome {
    if upstream.breaker().state(now_ms()) == BreakerState::Open {
        return Err("the circuit breaker is open".to_owned());
    }
    let all = upstream.members().len();
    let well = ask_all(&upstream).await?;
    let last_request = if upstream.is_failing() {
        "failed"
    } else {
        "ok"
    };
    let mut facts = BTreeMap::from([("last_request", last_request.to_owned())]);
    if all > 1 {
        facts.insert("instances", format!("{well} of {all}"));
    }
    Ok(facts)
}

/// How many instances answer well, or why the last of them does not.
async fn ask_all(upstream: &Arc<Upstream>) -> Result<usize, String> {
    let mut asked = JoinSet::new();
    for member in upstream.members() {
        let (instance, upstream) = (Arc::clone(&member.instance), Arc::clone(upstream));
        asked.spawn(async move {
            let path = upstream.health_path();
            match timeout(PROBE_TIMEOUT, ask(&instance, path)).await {
                Ok(Ok(status)) if status.is_success() => Ok(()),
                Ok(Ok(status)) => Err(format!("it answers {status}")),
                Ok(Err(reason)) => Err(reason),
                Err(_late) => Err("no answer in time".to_owned()),
            }
        });
    }
    let mut well = 0_usize;
    let mut reason = String::new();
    for outcome in asked.join_all().await {
        match outcome {
            Ok(()) => well = well.saturating_add(1),
            Err(why) => reason = why,
        }
    }
    if well == 0 { Err(reason) } else { Ok(well) }
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
