//! What the configuration says about how much a caller may ask.

use crate::settings::SettingsError;
use serde::Deserialize;
use std::path::PathBuf;

/// The Redis in which several gateways count together.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisSettings {
    /// The server's name or address.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// The file with the password, if there is one; relative to `secrets_dir`.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// A limit is not worth more of a request's time than this.
    #[serde(default = "short")]
    pub answer_timeout_ms: u64,
}

/// A rate that a route's callers keep.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitSettings {
    /// Who is counted together.
    pub by: LimitBy,
    /// So many requests …
    pub rate: u32,
    /// … in so many seconds.
    #[serde(default = "a_minute")]
    pub per_s: u32,
    /// How many may come at once; without it, all of them.
    #[serde(default)]
    pub burst: Option<u32>,
    /// What happens while Redis does not answer.
    #[serde(default)]
    pub on_redis_failure: OnRedisFailure,
}

/// How much a consumer may ask in a day.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaSettings {
    /// So many requests from one midnight UTC to the next.
    pub per_day: u32,
    /// What happens while Redis does not answer.
    #[serde(default)]
    pub on_redis_failure: OnRedisFailure,
}

/// Whose requests a limit counts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitBy {
    /// The consumer of an API key; without one, the address.
    Key,
    /// The subject of a token; without one, as `key`.
    User,
    /// The client's address, an IPv6 one by its /64. Judged before keys and tokens are looked at.
    Address,
    /// Everybody who may pass.
    Route,
}

impl LimitBy {
    /// Its name in headers.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::User => "user",
            Self::Address => "address",
            Self::Route => "route",
        }
    }
}

/// What a limit does without Redis.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnRedisFailure {
    /// This gateway counts by itself.
    #[default]
    Local,
    /// Everything passes.
    Open,
    /// Nothing passes.
    Closed,
}

const fn short() -> u64 {
    50
}

const fn a_minute() -> u32 {
    60
}

/// Checks the limits and the quota of a route.
pub(crate) fn validate(
    key: &str,
    limits: &[LimitSettings],
    quota: Option<&QuotaSettings>,
) -> Result<(), SettingsError> {
    for (index, limit) in limits.iter().enumerate() {
        let wrong = |name: &str, reason: &str| {
            Err(SettingsError {
                key: format!("{key}.limits[{index}].{name}"),
                reason: reason.to_owned(),
            })
        };
        if !(1..=1_000_000).contains(&limit.rate) {
            return wrong("rate", "must be from 1 to 1000000");
        }
        if !(1..=86_400).contains(&limit.per_s) {
            return wrong("per_s", "must be from 1 to 86400");
        }
        if limit
            .burst
            .is_some_and(|burst| !(1..=limit.rate).contains(&burst))
        {
            return wrong("burst", "must be from 1 to rate");
        }
    }
    if quota.is_some_and(|quota| quota.per_day == 0) {
        return Err(SettingsError {
            key: format!("{key}.quota.per_day"),
            reason: "must be at least 1".to_owned(),
        });
    }
    Ok(())
}
