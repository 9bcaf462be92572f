//! What is counted about instances, retries and circuit breakers.

use super::Upstream;
use super::breaker::State;
use super::clock::now_ms;
use prometheus::{IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry};
use std::sync::Arc;

const OF_INSTANCE: [&str; 2] = ["upstream", "address"];

/// The metrics of all upstreams. Gauges are set when somebody looks, from the upstreams in force.
#[derive(Clone)]
pub(crate) struct UpstreamMetrics {
    up: IntGaugeVec,
    ejected: IntGaugeVec,
    in_flight: IntGaugeVec,
    breaker: IntGaugeVec,
    ejections: IntCounterVec,
    retries: IntCounterVec,
    trips: IntCounterVec,
}

/// The counters of one upstream.
#[derive(Debug)]
pub(super) struct Counters {
    /// Requests sent again.
    pub(super) retried: IntCounter,
    /// Requests not sent again because too many were.
    pub(super) out_of_budget: IntCounter,
    /// How often the breaker opened.
    pub(super) trips: IntCounter,
}

impl UpstreamMetrics {
    /// Registers them.
    pub(crate) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let gauge = |name: &str, help: &str, labels: &[&str]| {
            let gauge = IntGaugeVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        let counter = |name: &str, help: &str, labels: &[&str]| {
            let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        Ok(Self {
            up: gauge(
                "mvp_gateway_upstream_instance_up",
                "1 as long as the probes find the instance well",
                &OF_INSTANCE,
            )?,
            ejected: gauge(
                "mvp_gateway_upstream_instance_ejected",
                "1 while the instance is left alone because requests to it failed",
                &OF_INSTANCE,
            )?,
            in_flight: gauge(
                "mvp_gateway_upstream_requests_in_flight",
                "Requests on their way to the instance",
                &OF_INSTANCE,
            )?,
            breaker: gauge(
                "mvp_gateway_breaker_state",
                "0 closed, 1 open, 2 waiting for its probe",
                &["upstream"],
            )?,
            ejections: counter(
                "mvp_gateway_upstream_ejections_total",
                "How often the instance was ejected",
                &OF_INSTANCE,
            )?,
            retries: counter(
                "mvp_gateway_upstream_retries_total",
                "Requests that were, or were not, sent once more",
                &["upstream", "result"],
            )?,
            trips: counter(
                "mvp_gateway_breaker_opened_total",
                "How often the circuit breaker opened",
                &["upstream"],
            )?,
        })
    }

    /// The counters of an upstream.
    pub(super) fn counters(&self, upstream: &str) -> Counters {
        Counters {
            retried: self.retries.with_label_values(&[upstream, "sent"]),
            out_of_budget: self.retries.with_label_values(&[upstream, "no_budget"]),
            trips: self.trips.with_label_values(&[upstream]),
        }
    }

    /// The counter of an instance's ejections.
    pub(super) fn ejections(&self, upstream: &str, address: &str) -> IntCounter {
        self.ejections.with_label_values(&[upstream, address])
    }

    /// Sets the gauges.
    pub(crate) fn look_at(&self, upstreams: &[Arc<Upstream>]) {
        // Instances that are no longer configured go.
        for gauge in [&self.up, &self.ejected, &self.in_flight, &self.breaker] {
            gauge.reset();
        }
        let now_ms = now_ms();
        for upstream in upstreams {
            for member in upstream.members() {
                let instance = &member.instance;
                let labels = [upstream.name.as_str(), instance.authority.as_str()];
                let is_ejected = instance.standing.ejected_for_ms(now_ms) > 0;
                self.up
                    .with_label_values(&labels)
                    .set(i64::from(instance.standing.is_healthy()));
                self.ejected
                    .with_label_values(&labels)
                    .set(i64::from(is_ejected));
                self.in_flight
                    .with_label_values(&labels)
                    .set(i64::try_from(instance.in_flight()).unwrap_or(i64::MAX));
            }
            let state = match upstream.breaker().state(now_ms) {
                State::Closed => 0,
                State::Open => 1,
                State::Probing => 2,
            };
            self.breaker
                .with_label_values(&[upstream.name.as_str()])
                .set(state);
        }
    }
}
