//! The services behind the gateway and the connections to them.

mod exchange;
mod link;
mod pool;

pub(crate) use exchange::{AnswerStream, CutShort, Terms};
pub(crate) use pool::Pool;

use crate::settings::{UpstreamSettings, ms};
use http::HeaderValue;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// A service behind the gateway; shared by every worker.
#[derive(Debug)]
pub(crate) struct Upstream {
    /// Its name in the configuration.
    pub(crate) name: String,
    /// What it is called in `Host`.
    pub(crate) host_header: HeaderValue,
    /// The path of its health probe.
    pub(crate) health_path: String,
    host: String,
    port: u16,
    connect_timeout: Duration,
    keep_alive: Duration,
    max_idle: usize,
    slots: Arc<Semaphore>,
    failing: AtomicBool,
}

impl Upstream {
    /// Builds the upstream from valid settings.
    pub(crate) fn new(name: &str, settings: &UpstreamSettings) -> Result<Self, &'static str> {
        let authority = settings.authority()?;
        let host_header =
            HeaderValue::from_str(authority.as_str()).map_err(|_| "has an unusable host")?;
        Ok(Self {
            name: name.to_owned(),
            host_header,
            health_path: settings.health_path.clone(),
            host: authority
                .host()
                .trim_start_matches('[')
                .trim_end_matches(']')
                .to_owned(),
            port: authority.port_u16().unwrap_or(80),
            connect_timeout: ms(settings.connect_timeout_ms),
            keep_alive: ms(settings.keep_alive_ms),
            max_idle: settings.max_idle_connections,
            slots: Arc::new(Semaphore::new(settings.max_connections)),
            failing: AtomicBool::new(false),
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> (&str, u16) {
        (&self.host, self.port)
    }

    /// Whether the last request to it failed.
    pub(crate) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    fn note(&self, failing: bool) {
        // Written only on change: every worker reads this line.
        if self.is_failing() != failing {
            self.failing.store(failing, Ordering::Relaxed);
            if failing {
                tracing::warn!(upstream = self.name, "the upstream began to fail");
            } else {
                tracing::info!(upstream = self.name, "the upstream answers again");
            }
        }
    }
}
