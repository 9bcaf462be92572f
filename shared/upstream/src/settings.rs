//! What can be set about asking a service.

use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// A service and how it is asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamSettings {
    /// Where it is, for example `http://vehicles:8000`.
    pub url: String,
    /// The file with the key that opens it; the first line counts.
    #[serde(default)]
    pub key_file: Option<PathBuf>,
    /// How long one attempt may take, the answer's body included.
    #[serde(default = "three_seconds")]
    pub attempt_timeout_ms: u64,
    /// How long the making of a connection may take.
    #[serde(default = "a_second")]
    pub connect_timeout_ms: u64,
    /// Calls that are under way at the same time; further ones are turned away.
    #[serde(default = "at_once")]
    pub max_in_flight: usize,
    /// When it is left alone.
    #[serde(default)]
    pub breaker: BreakerSettings,
    /// When it is asked again.
    #[serde(default)]
    pub retries: RetrySettings,
}

/// When a failing service is left alone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BreakerSettings {
    /// Fewer calls in ten seconds say nothing.
    pub min_calls: u32,
    /// The share of failures from which on it is left alone.
    pub failure_percent: u32,
    /// So many refused connections in a row are enough.
    pub refusals_in_row: u32,
    /// For how long, 10 % more or less.
    pub open_ms: u64,
}

/// When a failed attempt is followed by another.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetrySettings {
    /// Attempts after the first, at most.
    pub max: u32,
    /// The share of the calls of the last ten seconds that may be repeated.
    pub budget_percent: u32,
    /// So many may be whatever the share is.
    pub budget_floor: u32,
}

const fn three_seconds() -> u64 {
    3_000
}
const fn a_second() -> u64 {
    1_000
}
const fn at_once() -> usize {
    64
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            min_calls: 10,
            failure_percent: 50,
            refusals_in_row: 5,
            open_ms: 30_000,
        }
    }
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self {
            max: 2,
            budget_percent: 10,
            budget_floor: 3,
        }
    }
}

impl UpstreamSettings {
    /// A service at this address, with everything else as it is by default.
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            key_file: None,
            attempt_timeout_ms: three_seconds(),
            connect_timeout_ms: a_second(),
            max_in_flight: at_once(),
            breaker: BreakerSettings::default(),
            retries: RetrySettings::default(),
        }
    }

    pub(crate) const fn attempt_timeout(&self) -> Duration {
        Duration::from_millis(self.attempt_timeout_ms)
    }

    pub(crate) const fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout_ms)
    }
}
