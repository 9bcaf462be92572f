//! What the configuration file may say about where the requests of a route go.

use super::{NAME_RULE, RouteSettings, Settings, SettingsError, is_name, wrong};
use crate::tunnel::PROTOCOLS;
use http::{HeaderName, HeaderValue};
use serde::Deserialize;

/// Another upstream that gets some of a route's requests.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CanarySettings {
    /// A name from `upstreams`.
    pub upstream: String,
    /// So many of a hundred requests.
    #[serde(default)]
    pub weight: u32,
    /// Requests with this header go there whatever the weight.
    #[serde(default)]
    pub header: Option<CanaryHeader>,
}

/// A header that chooses the canary.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CanaryHeader {
    /// Its name.
    pub name: String,
    /// Its value, exactly.
    pub value: String,
}

/// Five minutes: clients of a WebSocket say something now and then.
pub(super) const fn default_upgrade_idle_ms() -> u64 {
    300_000
}

impl RouteSettings {
    /// Its name in logs and metrics and among the counters of limits: the prefix, behind its hosts where it has some.
    pub(crate) fn name(&self) -> String {
        let mut hosts: Vec<String> = self
            .hosts
            .iter()
            .map(|it| it.to_ascii_lowercase())
            .collect();
        // The same whatever the order in which they are written down.
        hosts.sort_unstable();
        format!("{}{}", hosts.join(","), self.prefix)
    }

    /// Whether a request could belong to both: the same prefix for the same host.
    pub(super) fn collides_with(&self, other: &Self) -> bool {
        let none = self.hosts.is_empty() && other.hosts.is_empty();
        let shared = |host: &String| other.hosts.iter().any(|it| it.eq_ignore_ascii_case(host));
        self.prefix == other.prefix && (none || self.hosts.iter().any(shared))
    }

    pub(super) fn validate_routing(&self, key: &str, all: &Settings) -> Result<(), SettingsError> {
        if !self.hosts.iter().all(|host| is_name(host)) {
            let reason = format!("each {NAME_RULE}; a port does not belong there");
            return Err(wrong(format!("{key}.hosts"), reason));
        }
        let unknown = |name: &&String| !PROTOCOLS.contains(&name.as_str());
        if let Some(name) = self.upgrade.iter().find(unknown) {
            let reason = format!("{name} is not one of {}", PROTOCOLS.join(", "));
            return Err(wrong(format!("{key}.upgrade"), reason));
        }
        if !self.upgrade.is_empty() && !self.methods.iter().any(|method| method == "GET") {
            let reason = "needs a route that takes GET";
            return Err(wrong(format!("{key}.upgrade"), reason));
        }
        let Some(canary) = &self.canary else {
            return Ok(());
        };
        let key = format!("{key}.canary");
        if !all.upstreams.contains_key(&canary.upstream) {
            let reason = format!("there is no upstream named {}", canary.upstream);
            return Err(wrong(format!("{key}.upstream"), reason));
        }
        if canary.weight > 100 {
            return Err(wrong(format!("{key}.weight"), "must be at most 100"));
        }
        let Some(header) = &canary.header else {
            return Ok(());
        };
        if header.name.parse::<HeaderName>().is_err() {
            return Err(wrong(format!("{key}.header.name"), "is no header's name"));
        }
        if header.value.parse::<HeaderValue>().is_err() {
            return Err(wrong(format!("{key}.header.value"), "is no header's value"));
        }
        Ok(())
    }
}
