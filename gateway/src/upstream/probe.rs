//! Probes of instances: in the background when configured, and when somebody asks for the health.

use super::Upstream;
use super::instance::Instance;
use super::now_ms;
use crate::settings::{HealthCheckSettings, ms};
use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How often a connection is tried while none can be made.
const BETWEEN_CONNECTIONS_MS: std::ops::RangeInclusive<u64> = 800..=1_200;

/// Every task that probes has a number; an instance knows the last one it was given.
static NUMBERS: AtomicUsize = AtomicUsize::new(1);

/// Starts a task for each instance, and ends those of earlier settings.
pub(super) fn start(upstream: &Arc<Upstream>) {
    for (place, member) in upstream.members().iter().enumerate() {
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        member.instance.prober.store(number, Ordering::Relaxed);
        match &upstream.settings.health_check {
            Some(check) => {
                let check = Prober {
                    upstream: Arc::downgrade(upstream),
                    place,
                    number,
                    path: upstream.health_path().to_owned(),
                    check: check.clone(),
                };
                tokio::spawn(check.run());
            }
            None => {
                member.instance.standing.set_healthy(true);
            }
        }
    }
}

struct Prober {
    upstream: Weak<Upstream>,
    place: usize,
    number: usize,
    path: String,
    check: HealthCheckSettings,
}

impl Prober {
    async fn run(self) {
        let (mut good, mut bad) = (0_u32, 0_u32);
        loop {
            let Some(instance) = self.instance() else {
                return;
            };
            let outcome = timeout(ms(self.check.timeout_ms), ask(&instance, &self.path)).await;
            let reason = match outcome {
                Ok(Ok(status)) if status.is_success() => None,
                Ok(Ok(status)) => Some(format!("it answers {status}")),
                Ok(Err(reason)) => Some(reason),
                Err(_late) => Some("no answer in time".to_owned()),
            };
            (good, bad) = match reason {
                None => (good.saturating_add(1), 0),
                Some(_) => (0, bad.saturating_add(1)),
            };
            // New settings may have come while it was asked.
            if self.instance().is_none() {
                return;
            }
            if good >= self.check.healthy_after {
                self.tell(&instance, true, "");
            } else if bad >= self.check.unhealthy_after {
                self.tell(&instance, false, &reason.unwrap_or_default());
            }
            drop(instance);
            tokio::time::sleep(pause(&self.check)).await;
        }
    }

    /// The instance, as long as it is this task's to probe.
    fn instance(&self) -> Option<Arc<Instance>> {
        let upstream = self.upstream.upgrade()?;
        let instance = &upstream.members().get(self.place)?.instance;
        let is_mine = instance.prober.load(Ordering::Relaxed) == self.number;
        is_mine.then(|| Arc::clone(instance))
    }

    fn tell(&self, instance: &Instance, healthy: bool, reason: &str) {
        if !instance.standing.set_healthy(healthy) {
            return;
        }
        let upstream = self.upstream.upgrade();
        let upstream = upstream.as_ref().map_or("", |it| it.name.as_str());
        let address = instance.authority.as_str();
        if healthy {
            tracing::info!(upstream, address, "the instance is healthy again");
        } else {
            tracing::warn!(upstream, address, reason, "the instance is unhealthy");
        }
    }
}

/// Lets the probe of a breaker go as soon as an instance takes connections again, for a restart takes
/// less than the time that the breaker stays open.
pub(super) async fn await_connections(upstream: Weak<Upstream>) {
    loop {
        let pause_ms = rand::random_range(BETWEEN_CONNECTIONS_MS);
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        let Some(upstream) = upstream.upgrade() else {
            return;
        };
        if !upstream.breaker.waits_for_connections(now_ms()) {
            return;
        }
        for member in upstream.members() {
            let instance = &member.instance;
            let connecting = TcpStream::connect(instance.address());
            let connected = timeout(instance.limits.connect_timeout, connecting).await;
            if matches!(connected, Ok(Ok(_))) {
                upstream.breaker.hasten(now_ms());
                return;
            }
        }
    }
}

/// The interval, more or less.
fn pause(check: &HealthCheckSettings) -> Duration {
    let spread = u64::from(check.jitter_percent);
    let percent =
        rand::random_range(100_u64.saturating_sub(spread)..=100_u64.saturating_add(spread));
    ms(check.interval_ms.saturating_mul(percent) / 100)
}

/// What an instance answers to a GET of its health, on a connection of its own.
pub(crate) async fn ask(instance: &Instance, path: &str) -> Result<StatusCode, String> {
    let socket = TcpStream::connect(instance.address())
        .await
        .map_err(|error| error.to_string())?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket))
        .await
        .map_err(|error| error.to_string())?;
    let request = Request::get(path)
        .header(header::HOST, instance.host_header.clone())
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
