//! What is counted on the clients' side beside requests: limits, certificates and keys of tenants.

use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry};
use std::time::Duration;

/// In the order of [`Decider`].
const DECIDERS: [&str; 4] = ["redis", "local", "open", "closed"];

/// What decided whether a limit is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Decider {
    /// The count in Redis.
    Redis,
    /// This process's own count.
    Local,
    /// Nothing was counted and the request passed.
    Open,
    /// Nothing was counted and the request was refused.
    Closed,
}

/// The metrics of the clients' side.
#[derive(Clone)]
pub(crate) struct DoorMetrics {
    decided: [IntCounter; DECIDERS.len()],
    certificate_expiry: IntGauge,
    keys_kept: IntGauge,
    keys_unconfirmed: IntGauge,
}

impl DoorMetrics {
    /// Registers them.
    pub(crate) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let decided = IntCounterVec::new(
            Opts::new(
                "mvp_gateway_limit_decisions_total",
                "Decisions of rate limits and quotas",
            ),
            &["decided_by"],
        )?;
        registry.register(Box::new(decided.clone()))?;
        let certificate_expiry = IntGauge::new(
            "mvp_gateway_certificate_expiry_timestamp_seconds",
            "When the certificate in force ends; 0 without TLS",
        )?;
        registry.register(Box::new(certificate_expiry.clone()))?;
        let keys_kept = IntGauge::new(
            "mvp_gateway_tenant_keys_kept",
            "Keys of tenants about which an answer of the tenants platform is kept",
        )?;
        registry.register(Box::new(keys_kept.clone()))?;
        let keys_unconfirmed = IntGauge::new(
            "mvp_gateway_tenant_keys_unconfirmed_seconds",
            "Since the tenants platform last said that what is kept is still right",
        )?;
        registry.register(Box::new(keys_unconfirmed.clone()))?;
        Ok(Self {
            certificate_expiry,
            keys_kept,
            keys_unconfirmed,
            decided: DECIDERS.map(|decider| decided.with_label_values(&[decider])),
        })
    }

    /// Says when the certificate in force ends.
    pub(crate) fn note_expiry(&self, at_s: i64) {
        self.certificate_expiry.set(at_s);
    }

    /// Says how many answers about keys of tenants are kept, and for how long nobody has confirmed them.
    pub(crate) fn note_keys(&self, kept: u64, unconfirmed: Duration) {
        let whole = |number| i64::try_from(number).unwrap_or(i64::MAX);
        self.keys_kept.set(whole(kept));
        self.keys_unconfirmed.set(whole(unconfirmed.as_secs()));
    }

    /// Counts a decision of a limit.
    pub(crate) fn note_decided(&self, decider: Decider) {
        let [redis, local, open, closed] = &self.decided;
        match decider {
            Decider::Redis => redis.inc(),
            Decider::Local => local.inc(),
            Decider::Open => open.inc(),
            Decider::Closed => closed.inc(),
        }
    }
}
