//! A key that the platform has told of.

use super::ledger::Ledger;
use crate::policy::{PlanLimits, Spent};
use crate::refusal::Refusal;
use contracts::tenants::{VerifiedKey, scopes_permit};
use http::HeaderValue;
use ipnet::IpNet;
use jiff::Timestamp;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// Whose a key is, or why it is refused.
pub(super) type Verdict = Result<Arc<Known>, Refusal>;

/// An answer of the platform, and when it was asked for.
pub(super) struct Kept {
    pub(super) verdict: Verdict,
    pub(super) asked: Instant,
    /// Whether somebody is asking for a newer one.
    pub(super) is_asked_again: AtomicBool,
}

impl Kept {
    pub(super) const fn new(verdict: Verdict, asked: Instant) -> Self {
        Self {
            verdict,
            asked,
            is_asked_again: AtomicBool::new(false),
        }
    }
}

/// A key that is valid.
pub(crate) struct Known {
    /// Its id; no secret.
    pub(crate) id: Arc<str>,
    /// Whom it acts for, for upstreams.
    pub(crate) tenant: HeaderValue,
    scopes: Vec<String>,
    networks: Vec<IpNet>,
    expires_at: Option<Timestamp>,
    /// What the plan of its tenant includes.
    pub(super) plan: PlanLimits,
    /// What its tenant has asked today.
    pub(super) spent: Arc<Spent>,
}

impl Known {
    /// `None` for an answer that cannot be understood: it permits nothing.
    pub(super) fn of(key: VerifiedKey, ledger: &Ledger) -> Option<Self> {
        let expires_at = key.expires_at.map(|end| end.parse()).transpose().ok()?;
        let networks = key.networks.iter().map(|text| text.parse());
        let per_day = key.requests_per_day;
        let per_day = per_day.map(|it| u64::try_from(it).unwrap_or_default());
        Some(Self {
            plan: PlanLimits::new(key.requests_per_minute, key.burst, per_day),
            spent: ledger.learn(key.tenant_id, &key.today, key.requests_today),
            tenant: HeaderValue::from_str(&key.tenant_id.to_string()).ok()?,
            networks: networks.collect::<Result<_, _>>().ok()?,
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(networks: &[&str], expires_at: Option<&str>) -> Option<Known> {
        let key = serde_json::json!({
            "id": "aB3dE6gH9jK2",
            "tenant_id": "00000000-0000-7000-8000-000000000001",
            "scopes": ["vehicles:read"],
            "networks": networks,
            "expires_at": expires_at,
            "requests_per_day": 10,
            "requests_today": 8,
            "today": "2026-10-31",
            "requests_per_minute": 60,
            "burst": null,
            "keep_s": 60,
        });
        Known::of(serde_json::from_value(key).unwrap(), &Ledger::default())
    }

    #[test]
    fn a_key_may_do_what_its_scopes_say_from_where_they_say() {
        let here: IpAddr = "203.0.113.9".parse().unwrap();
        let everywhere = known(&[], None).unwrap();
        assert_eq!(everywhere.permit("vehicles:read", here), Ok(()));
        assert_eq!(
            everywhere.permit("vehicles:write", here),
            Err(Refusal::KeyScope)
        );
        let at_home = known(&["203.0.113.0/24"], None).unwrap();
        assert_eq!(at_home.permit("vehicles:read", here), Ok(()));
        let mapped = "::ffff:203.0.113.9".parse().unwrap();
        assert_eq!(at_home.permit("vehicles:read", mapped), Ok(()));
        let away = "198.51.100.1".parse().unwrap();
        assert_eq!(
            at_home.permit("vehicles:read", away),
            Err(Refusal::KeyNetwork)
        );
        let ended = known(&[], Some("2020-01-01T00:00:00Z")).unwrap();
        assert_eq!(
            ended.permit("vehicles:read", here),
            Err(Refusal::KeyExpired)
        );
    }

    #[test]
    fn what_cannot_be_understood_permits_nothing() {
        assert!(known(&["everywhere"], None).is_none());
        assert!(known(&[], Some("soon")).is_none());
    }
}
