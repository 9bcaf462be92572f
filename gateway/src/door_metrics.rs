//! What is counted on the clients' side beside requests: limits and certificates.

use prometheus::{IntCounter, IntCounterVec, Opts, Registry};

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
pub(crate) struct DoorMetrics {
    decided: [IntCounter; DECIDERS.len()],
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
        Ok(Self {
            decided: DECIDERS.map(|decider| decided.with_label_values(&[decider])),
        })
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
