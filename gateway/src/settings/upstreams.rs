//! What the configuration file may say about the services behind the gateway.

use super::{SettingsError, wrong};
use http::uri::Authority;
use serde::Deserialize;

/// A service behind the gateway: one instance, or several that do the same.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamSettings {
    /// `http://host:port` of the only instance.
    #[serde(default)]
    pub url: Option<String>,
    /// Several instances, instead of `url`.
    #[serde(default)]
    pub instances: Vec<InstanceSettings>,
    /// Which instance gets the next request.
    #[serde(default)]
    pub balance: Balance,
    /// For a new connection, and for a free one when all are in use.
    #[serde(default = "default_connect_ms")]
    pub connect_timeout_ms: u64,
    /// From the end of the request to the head of the answer.
    #[serde(default = "default_answer_ms")]
    pub answer_timeout_ms: u64,
    /// Without progress in the body of an answer.
    #[serde(default = "default_answer_ms")]
    pub body_idle_timeout_ms: u64,
    /// How long an unused connection is kept.
    #[serde(default = "default_idle_ms")]
    pub keep_alive_ms: u64,
    /// Requests on their way to an instance at once, each on a connection.
    #[serde(default = "default_connections")]
    pub max_connections: usize,
    /// Unused connections to an instance that each serving thread keeps.
    #[serde(default = "default_idle_connections")]
    pub max_idle_connections: usize,
    /// What the health probe asks for.
    #[serde(default = "default_health_path")]
    pub health_path: String,
    /// Probes of each instance in the background; without it there are none.
    #[serde(default)]
    pub health_check: Option<HealthCheckSettings>,
    /// When an instance that fails is left alone.
    #[serde(default)]
    pub ejection: EjectionSettings,
    /// When a request is sent again.
    #[serde(default)]
    pub retries: RetrySettings,
    /// When the whole upstream is left alone.
    #[serde(default)]
    pub breaker: BreakerSettings,
}

/// One instance of a service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceSettings {
    /// `http://host:port`.
    pub url: String,
    /// Its share of the requests beside the other instances'.
    #[serde(default = "default_weight")]
    pub weight: u32,
}

/// Which instance gets the next request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Balance {
    /// Each in its turn.
    #[default]
    RoundRobin,
    /// The one with the fewest requests on their way, for its weight.
    LeastRequests,
}

/// Probes in the background.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HealthCheckSettings {
    /// From one probe of an instance to the next.
    pub interval_ms: u64,
    /// By so much an interval may be shorter or longer, so that probes do not march in step.
    pub jitter_percent: u32,
    /// For a whole probe.
    pub timeout_ms: u64,
    /// Instead of the upstream's `health_path`.
    pub path: Option<String>,
    /// So many good probes in a row bring an instance back.
    pub healthy_after: u32,
    /// So many bad probes in a row take it out.
    pub unhealthy_after: u32,
}

/// Instances that fail requests are left alone for a while.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EjectionSettings {
    /// So many failures in a row; 0 ejects nobody for them.
    pub consecutive_failures: u32,
    /// One of several that has answered nobody for so long, though somebody waits, is asked for its
    /// health, and ejected when that takes as long again; 0 never asks.
    pub silence_ms: u64,
    /// The first time; each further time doubles it.
    pub base_ms: u64,
    /// The longest time.
    pub max_ms: u64,
    /// No more than this share of the instances at once.
    pub max_percent: u32,
}

/// Requests that are sent once more, to another instance.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetrySettings {
    /// A request is sent so many times more.
    pub max: u32,
    /// Of the requests of the last ten seconds.
    pub budget_percent: u32,
    /// So many in ten seconds, however few requests there are.
    pub budget_floor: u32,
    /// Answers that are not passed on but tried elsewhere: 502, 503, 504.
    pub statuses: Vec<u16>,
}

/// A circuit breaker: an upstream that fails is not asked for a while.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BreakerSettings {
    /// Without it every request is sent.
    pub enabled: bool,
    /// Below so many requests in ten seconds it stays closed.
    pub min_calls: u32,
    /// It opens when this share of them failed.
    pub failure_percent: u32,
    /// It opens after so many refused connections in a row.
    pub refusals_in_row: u32,
    /// Until one request may try again; 10 % more or less.
    pub open_ms: u64,
}

impl Default for HealthCheckSettings {
    fn default() -> Self {
        Self {
            interval_ms: 5_000,
            jitter_percent: 20,
            timeout_ms: 1_000,
            path: None,
            healthy_after: 2,
            unhealthy_after: 3,
        }
    }
}

impl Default for EjectionSettings {
    fn default() -> Self {
        Self {
            consecutive_failures: 5,
            silence_ms: 500,
            base_ms: 10_000,
            max_ms: 300_000,
            max_percent: 50,
        }
    }
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self {
            max: 2,
            budget_percent: 10,
            budget_floor: 20,
            statuses: Vec::new(),
        }
    }
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            min_calls: 10,
            failure_percent: 50,
            refusals_in_row: 5,
            open_ms: 30_000,
        }
    }
}

const fn default_weight() -> u32 {
    1
}
const fn default_connect_ms() -> u64 {
    1_000
}
const fn default_answer_ms() -> u64 {
    30_000
}
const fn default_idle_ms() -> u64 {
    30_000
}
const fn default_connections() -> usize {
    256
}
const fn default_idle_connections() -> usize {
    64
}
fn default_health_path() -> String {
    "/health/ready".to_owned()
}

/// More would make the list of turns long for no gain.
const MAX_WEIGHT: u32 = 100;
const MAX_INSTANCES: usize = 100;
/// What a retry may hide: an upstream's own 500 may have done something.
const RETRIED_STATUSES: [u16; 3] = [502, 503, 504];

impl UpstreamSettings {
    pub(super) fn validate(&self, key: &str) -> Result<(), SettingsError> {
        self.validate_instances(key)?;
        let at_least_1 = |name: &str, value: u64| match value {
            0 => Err(wrong(format!("{key}.{name}"), "must be at least 1")),
            _ => Ok(()),
        };
        let percent = |name: &str, value: u32| match value {
            0..=100 => Ok(()),
            _ => Err(wrong(format!("{key}.{name}"), "must be at most 100")),
        };
        let max_connections = u64::try_from(self.max_connections).unwrap_or(u64::MAX);
        at_least_1("max_connections", max_connections)?;
        at_least_1("breaker.min_calls", self.breaker.min_calls.into())?;
        at_least_1(
            "breaker.failure_percent",
            self.breaker.failure_percent.into(),
        )?;
        at_least_1(
            "breaker.refusals_in_row",
            self.breaker.refusals_in_row.into(),
        )?;
        at_least_1("breaker.open_ms", self.breaker.open_ms)?;
        at_least_1("ejection.base_ms", self.ejection.base_ms)?;
        percent("breaker.failure_percent", self.breaker.failure_percent)?;
        percent("ejection.max_percent", self.ejection.max_percent)?;
        percent("retries.budget_percent", self.retries.budget_percent)?;
        if self.ejection.max_ms < self.ejection.base_ms {
            let reason = "must be at least base_ms";
            return Err(wrong(format!("{key}.ejection.max_ms"), reason));
        }
        let mut statuses = self.retries.statuses.iter();
        if let Some(status) = statuses.find(|status| !RETRIED_STATUSES.contains(status)) {
            let reason = format!("{status} is not one of 502, 503, 504");
            return Err(wrong(format!("{key}.retries.statuses"), reason));
        }
        if !is_path(&self.health_path) {
            return Err(wrong(format!("{key}.health_path"), "must be a path"));
        }
        let Some(check) = &self.health_check else {
            return Ok(());
        };
        at_least_1("health_check.interval_ms", check.interval_ms)?;
        at_least_1("health_check.timeout_ms", check.timeout_ms)?;
        at_least_1("health_check.healthy_after", check.healthy_after.into())?;
        at_least_1("health_check.unhealthy_after", check.unhealthy_after.into())?;
        percent("health_check.jitter_percent", check.jitter_percent)?;
        match &check.path {
            Some(path) if !is_path(path) => {
                Err(wrong(format!("{key}.health_check.path"), "must be a path"))
            }
            _ => Ok(()),
        }
    }

    fn validate_instances(&self, key: &str) -> Result<(), SettingsError> {
        match (&self.url, self.instances.len()) {
            (None, 0) => return Err(wrong(format!("{key}.url"), "is missing; or name instances")),
            (Some(_), 1..) => {
                let reason = "is given beside url; name one of them";
                return Err(wrong(format!("{key}.instances"), reason));
            }
            (None, count) if count > MAX_INSTANCES => {
                let reason = format!("must be at most {MAX_INSTANCES}");
                return Err(wrong(format!("{key}.instances"), reason));
            }
            _ => {}
        }
        if let Some(url) = &self.url {
            authority_of(url).map_err(|reason| wrong(format!("{key}.url"), reason))?;
        }
        for (index, instance) in self.instances.iter().enumerate() {
            let key = format!("{key}.instances[{index}]");
            authority_of(&instance.url).map_err(|reason| wrong(format!("{key}.url"), reason))?;
            if !(1..=MAX_WEIGHT).contains(&instance.weight) {
                let reason = format!("must be from 1 to {MAX_WEIGHT}");
                return Err(wrong(format!("{key}.weight"), reason));
            }
            let mut others = self.instances.iter().take(index);
            if others.any(|other| other.url == instance.url) {
                return Err(wrong(format!("{key}.url"), "is there twice"));
            }
        }
        Ok(())
    }

    /// Every instance's host and port, with its weight.
    pub fn authorities(&self) -> Result<Vec<(Authority, u32)>, &'static str> {
        let only = self.url.iter().map(|url| (url, 1));
        let several = self.instances.iter().map(|it| (&it.url, it.weight));
        only.chain(several)
            .map(|(url, weight)| Ok((authority_of(url)?, weight)))
            .collect()
    }
}

fn is_path(text: &str) -> bool {
    text.parse::<http::uri::PathAndQuery>().is_ok()
}

/// The host and port of a URL.
fn authority_of(url: &str) -> Result<Authority, &'static str> {
    let url: http::Uri = url.parse().map_err(|_| "is not a URL")?;
    if url.scheme_str() != Some("http") {
        return Err("must begin with http://");
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() {
        return Err("must end after the host and port");
    }
    let authority = url.into_parts().authority.ok_or("has no host")?;
    // It stands in logs and metrics.
    if authority.as_str().contains('@') {
        return Err("must not name a user");
    }
    if authority.port_u16().is_none() && authority.as_str().contains(':') {
        return Err("has no valid port");
    }
    Ok(authority)
}
