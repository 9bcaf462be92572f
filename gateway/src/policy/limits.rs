//! The limits of one route: whom each counts, who decides, and what the caller is told.

use super::gcra::Rate;
use super::limit_settings::{LimitBy, LimitSettings, OnRedisFailure, QuotaSettings};
use super::local_counts::LocalCounts;
use super::redis_counts::{CounterName, RedisCounts};
use crate::door_metrics::{Decider, DoorMetrics};
use crate::refusal::Refusal;
use http::HeaderValue;
use std::fmt::{self, Write};
use std::net::{IpAddr, Ipv6Addr};
use std::time::{SystemTime, UNIX_EPOCH};

const DAY_S: u64 = 86_400;

/// What a route asks of its callers' pace.
pub(crate) struct Limits {
    rates: Vec<Limit>,
    quota: Option<Quota>,
    /// The value of `RateLimit-Policy`.
    policy: HeaderValue,
}

struct Limit {
    by: LimitBy,
    pace: Pace,
}

/// A rate that callers keep, whoever they are.
pub(super) struct Pace {
    pub(super) rate: Rate,
    /// Its name in headers.
    pub(super) name: String,
    /// Its name among the counters.
    pub(super) id: String,
    pub(super) on_failure: OnRedisFailure,
}

struct Quota {
    per_day: u32,
    id: String,
    on_failure: OnRedisFailure,
}

/// Who asks, as far as it is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Who<'a> {
    /// The consumer of the API key.
    pub(crate) consumer: Option<&'a str>,
    /// The subject of the token.
    pub(crate) subject: Option<&'a str>,
    /// The client's address.
    pub(crate) address: IpAddr,
}

/// Where is counted.
pub(crate) struct Counts<'a> {
    /// In Redis, when there is one.
    pub(crate) redis: Option<&'a RedisCounts>,
    /// Here.
    pub(crate) local: &'a LocalCounts,
    /// Who decided is counted too.
    pub(crate) metrics: &'a DoorMetrics,
}

/// What the caller is told about its limits.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// The value of `RateLimit`, as far as it is written.
    pub(crate) left: String,
    /// What stands in `RateLimit-Policy` beside the route's own limits.
    pub(crate) policy: String,
    /// After so many seconds the next request passes.
    pub(crate) retry_after_s: Option<u64>,
}

/// Whom a limit counts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Caller<'a> {
    Consumer(&'a str),
    Tenant(&'a str),
    Subject(&'a str),
    Address(IpAddr),
    Everybody,
}

impl Limits {
    /// The limits of a route; None when it has none. Its name tells its counters from those of others.
    pub(crate) fn new(
        route: &str,
        limits: &[LimitSettings],
        quota: Option<&QuotaSettings>,
    ) -> Option<Self> {
        if limits.is_empty() && quota.is_none() {
            return None;
        }
        let mut policy = String::new();
        let mut built: Vec<Limit> = Vec::with_capacity(limits.len());
        for (index, limit) in limits.iter().enumerate() {
            let same = built.iter().filter(|other| other.by == limit.by).count();
            let name = match same {
                0 => limit.by.name().to_owned(),
                more => format!("{}-{}", limit.by.name(), more.saturating_add(1)),
            };
            // Writing to a string cannot fail.
            let _ = write!(policy, "\"{name}\";q={};w={}, ", limit.rate, limit.per_s);
            built.push(Limit {
                by: limit.by,
                pace: Pace {
                    rate: Rate::new(limit.rate, limit.per_s, limit.burst.unwrap_or(limit.rate)),
                    name,
                    id: format!("{route}#{index}"),
                    on_failure: limit.on_redis_failure,
                },
            });
        }
        let quota = quota.map(|quota| Quota {
            per_day: quota.per_day,
            id: route.to_owned(),
            on_failure: quota.on_redis_failure,
        });
        if let Some(quota) = &quota {
            let _ = write!(policy, "\"day\";q={};w={DAY_S}", quota.per_day);
        }
        let policy = HeaderValue::from_str(policy.trim_end_matches(", "));
        Some(Self {
            rates: built,
            quota,
            policy: policy.unwrap_or(HeaderValue::from_static("")),
        })
    }

    /// The value of `RateLimit-Policy`.
    pub(crate) fn policy(&self) -> HeaderValue {
        self.policy.clone()
    }

    /// Judges the limits by address, before anything else is known.
    pub(crate) async fn judge_address(
        &self,
        counts: &Counts<'_>,
        who: Who<'_>,
        told: &mut Told,
    ) -> Result<(), Refusal> {
        for limit in self.rates.iter().filter(|l| l.by == LimitBy::Address) {
            limit.pace.judge(counts, who.by(limit.by), told).await?;
        }
        Ok(())
    }

    /// Judges the other limits and the quota, when it is known who asks.
    pub(crate) async fn judge_caller(
        &self,
        counts: &Counts<'_>,
        who: Who<'_>,
        told: &mut Told,
    ) -> Result<(), Refusal> {
        for limit in self.rates.iter().filter(|l| l.by != LimitBy::Address) {
            limit.pace.judge(counts, who.by(limit.by), told).await?;
        }
        match &self.quota {
            Some(quota) => quota.judge(counts, who, told).await,
            None => Ok(()),
        }
    }
}

impl Pace {
    pub(super) async fn judge(
        &self,
        counts: &Counts<'_>,
        caller: Caller<'_>,
        told: &mut Told,
    ) -> Result<(), Refusal> {
        let shared = match counts.redis {
            Some(redis) => {
                let name = CounterName::new("limit", &self.id, &caller.to_string());
                redis.ask(self.rate, &name).await
            }
            None => None,
        };
        let local = || counts.local.ask(self.rate, (&self.id, caller));
        let Some(verdict) = decide(counts, shared, self.on_failure, local)? else {
            return Ok(());
        };
        told.note(&self.name, verdict.left, seconds(verdict.full_in_us));
        if verdict.passes {
            return Ok(());
        }
        told.retry_after_s = Some(seconds(verdict.wait_us).max(1));
        Err(Refusal::RateLimited)
    }
}

impl Quota {
    async fn judge(
        &self,
        counts: &Counts<'_>,
        who: Who<'_>,
        told: &mut Told,
    ) -> Result<(), Refusal> {
        let caller = who.by(LimitBy::User);
        let (day, ends_in_s) = today();
        let shared = match counts.redis {
            Some(redis) => {
                let id = format!("{}#{day}", self.id);
                let name = CounterName::new("quota", &id, &caller.to_string());
                redis.count(&name, ends_in_s).await
            }
            None => None,
        };
        let local = || counts.local.count_of_day(day, (&self.id, "day", caller));
        let Some(used) = decide(counts, shared, self.on_failure, local)? else {
            return Ok(());
        };
        told.note("day", self.per_day.saturating_sub(used), ends_in_s);
        if used <= self.per_day {
            return Ok(());
        }
        told.retry_after_s = Some(ends_in_s);
        Err(Refusal::QuotaExceeded)
    }
}

/// What Redis said, or what the route wants without it; None lets the request pass unseen.
pub(super) fn decide<T>(
    counts: &Counts<'_>,
    shared: Option<T>,
    on_failure: OnRedisFailure,
    local: impl FnOnce() -> T,
) -> Result<Option<T>, Refusal> {
    let (decider, outcome) = match (shared, on_failure) {
        (Some(shared), _) => (Decider::Redis, Ok(Some(shared))),
        (None, _) if counts.redis.is_none() => (Decider::Local, Ok(Some(local()))),
        (None, OnRedisFailure::Local) => (Decider::Local, Ok(Some(local()))),
        (None, OnRedisFailure::Open) => (Decider::Open, Ok(None)),
        (None, OnRedisFailure::Closed) => (Decider::Closed, Err(Refusal::LimitUnknown)),
    };
    counts.metrics.note_decided(decider);
    outcome
}

impl<'a> Who<'a> {
    fn by(&self, by: LimitBy) -> Caller<'a> {
        let key = || self.consumer.map(Caller::Consumer);
        let found = match by {
            LimitBy::Key => key(),
            LimitBy::User => self.subject.map(Caller::Subject).or_else(key),
            LimitBy::Address => None,
            LimitBy::Route => Some(Caller::Everybody),
        };
        found.unwrap_or_else(|| Caller::Address(network_of(self.address)))
    }
}

/// A household or a machine has a whole /64 of IPv6 and may change addresses within it at will.
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}

impl fmt::Display for Caller<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Consumer(name) => write!(f, "key {name}"),
            Self::Tenant(id) => write!(f, "tenant {id}"),
            Self::Subject(name) => write!(f, "user {name}"),
            Self::Address(address) => write!(f, "address {address}"),
            Self::Everybody => f.write_str("route"),
        }
    }
}

impl Told {
    pub(super) fn note(&mut self, name: &str, left: u32, full_in_s: u64) {
        let comma = if self.left.is_empty() { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(self.left, "{comma}\"{name}\";r={left};t={full_in_s}");
    }
}

fn seconds(us: u64) -> u64 {
    us.div_ceil(1_000_000)
}

/// The day since 1970 and how many seconds it still has, in UTC.
pub(super) fn today() -> (u32, u64) {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let day = u32::try_from(now / DAY_S).unwrap_or(u32::MAX);
    (day, DAY_S.saturating_sub(now % DAY_S))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_counted_by_what_is_known_of_it() {
        let anonymous = Who {
            consumer: None,
            subject: None,
            address: "2001:db8:1:2:3:4:5:6".parse().unwrap(),
        };
        let network = Caller::Address("2001:db8:1:2::".parse().unwrap());
        for by in [LimitBy::Key, LimitBy::User, LimitBy::Address] {
            assert_eq!(anonymous.by(by), network);
        }
        assert_eq!(anonymous.by(LimitBy::Route), Caller::Everybody);
        let known = Who {
            consumer: Some("partner"),
            subject: Some("anna"),
            ..anonymous
        };
        assert_eq!(known.by(LimitBy::Key), Caller::Consumer("partner"));
        assert_eq!(known.by(LimitBy::User), Caller::Subject("anna"));
        assert_eq!(known.by(LimitBy::Address), network);
    }
}
