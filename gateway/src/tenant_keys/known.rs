//! A key that the platform has told of.

use crate::refusal::Refusal;
use contracts::tenants::{VerifiedKey, scopes_permit};
use http::HeaderValue;
use ipnet::IpNet;
use jiff::Timestamp;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

/// Whose a key is, or why it is refused.
pub(super) type Verdict = Result<Arc<Known>, Refusal>;

/// An answer of the platform, and when it was asked for.
pub(super) struct Kept {
    pub(super) verdict: Verdict,
    pub(super) asked: Instant,
}

/// A key that is valid.
#[derive(Debug)]
pub(crate) struct Known {
    /// Its id; no secret.
    pub(crate) id: Arc<str>,
    /// Whom it acts for, for upstreams.
    pub(crate) tenant: HeaderValue,
    scopes: Vec<String>,
    networks: Vec<IpNet>,
    expires_at: Option<Timestamp>,
    /// What the plan has left of the day, as far as this gateway knows.
    left_today: Option<AtomicI64>,
    /// Days since 1970 for which that holds.
    day: i64,
}

impl Known {
    /// `None` for an answer that cannot be understood: it permits nothing.
    pub(super) fn of(key: VerifiedKey) -> Option<Self> {
        let expires_at = key.expires_at.map(|end| end.parse()).transpose().ok()?;
        let networks = key.networks.iter().map(|text| text.parse());
        let left = |limit: i64| AtomicI64::new(limit.saturating_sub(key.requests_today));
        Some(Self {
            tenant: HeaderValue::from_str(&key.tenant_id.to_string()).ok()?,
            networks: networks.collect::<Result<_, _>>().ok()?,
            left_today: key.requests_per_day.map(left),
            day: today(),
            id: key.id.into(),
            scopes: key.scopes,
            expires_at,
        })
    }

    /// Whether it may do this, from there, now.
    pub(super) fn permit(&self, scope: &str, address: IpAddr) -> Result<(), Refusal> {
        if self.expires_at.is_some_and(|end| end <= Timestamp::now()) {
            return Err(Refusal::KeyExpired);
        }
        let address = address.to_canonical();
        if !self.networks.is_empty() && !self.networks.iter().any(|it| it.contains(&address)) {
            return Err(Refusal::KeyNetwork);
        }
        if scopes_permit(&self.scopes, scope) {
            Ok(())
        } else {
            Err(Refusal::KeyScope)
        }
    }

    /// Counts a request against the plan's day. Gateways count apart and learn of each other when they ask again.
    pub(super) fn count(&self) -> Result<(), Refusal> {
        let Some(left) = &self.left_today else {
            return Ok(());
        };
        if self.day != today() || left.fetch_sub(1, Ordering::Relaxed) > 0 {
            Ok(())
        } else {
            Err(Refusal::QuotaExceeded)
        }
    }
}

fn today() -> i64 {
    Timestamp::now().as_second() / 86_400
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(networks: &[&str], expires_at: Option<&str>, per_day: Option<i64>) -> Option<Known> {
        let key = serde_json::json!({
            "id": "aB3dE6gH9jK2",
            "tenant_id": "00000000-0000-7000-8000-000000000001",
            "scopes": ["vehicles:read"],
            "networks": networks,
            "expires_at": expires_at,
            "requests_per_day": per_day,
            "requests_today": 8,
            "keep_s": 60,
        });
        Known::of(serde_json::from_value(key).unwrap())
    }

    #[test]
    fn a_key_may_do_what_its_scopes_say_from_where_they_say() {
        let here: IpAddr = "203.0.113.9".parse().unwrap();
        let everywhere = known(&[], None, None).unwrap();
        assert_eq!(everywhere.permit("vehicles:read", here), Ok(()));
        assert_eq!(
            everywhere.permit("vehicles:write", here),
            Err(Refusal::KeyScope)
        );
        let at_home = known(&["203.0.113.0/24"], None, None).unwrap();
        assert_eq!(at_home.permit("vehicles:read", here), Ok(()));
        let mapped = "::ffff:203.0.113.9".parse().unwrap();
        assert_eq!(at_home.permit("vehicles:read", mapped), Ok(()));
        let away = "198.51.100.1".parse().unwrap();
        assert_eq!(
            at_home.permit("vehicles:read", away),
            Err(Refusal::KeyNetwork)
        );
        let ended = known(&[], Some("2020-01-01T00:00:00Z"), None).unwrap();
        assert_eq!(
            ended.permit("vehicles:read", here),
            Err(Refusal::KeyExpired)
        );
    }

    #[test]
    fn what_cannot_be_understood_permits_nothing() {
        assert!(known(&["everywhere"], None, None).is_none());
        assert!(known(&[], Some("soon"), None).is_none());
    }

    #[test]
    fn the_plan_s_day_has_an_end() {
        let key = known(&[], None, Some(10)).unwrap();
        assert_eq!(key.count(), Ok(()));
        assert_eq!(key.count(), Ok(()));
        assert_eq!(key.count(), Err(Refusal::QuotaExceeded));
        let unlimited = known(&[], None, None).unwrap();
        assert!((0..1000).all(|_| unlimited.count().is_ok()));
    }
}
