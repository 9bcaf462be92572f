//! What is counted about asking other services.

use crate::breaker::Breaker;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram};
use service::telemetry::DURATION_BUCKETS_S;
use std::sync::Arc;
use std::time::Duration;

/// The instruments of one service that is asked.
#[derive(Clone)]
pub(crate) struct Metrics {
    upstream: &'static str,
    duration_s: Histogram<f64>,
    fallbacks: Counter<u64>,
}

impl Metrics {
    pub(crate) fn new(upstream: &'static str) -> Self {
        let meter = opentelemetry::global::meter("upstream");
        Self {
            upstream,
            duration_s: meter
                .f64_histogram("http_client_request_duration")
                .with_unit("s")
                .with_description("How long attempts took, by what came of them")
                .with_boundaries(DURATION_BUCKETS_S.to_vec())
                .build(),
            fallbacks: meter
                .u64_counter("mvp_fallback")
                .with_description("Answers given because the service did not give one in time")
                .build(),
        }
    }

    pub(crate) fn attempt(&self, outcome: &'static str, taken: Duration) {
        let labels = [
            KeyValue::new("upstream", self.upstream),
            KeyValue::new("outcome", outcome),
        ];
        self.duration_s.record(taken.as_secs_f64(), &labels);
    }

    pub(crate) fn fallback(&self, source: &'static str) {
        let labels = [
            KeyValue::new("upstream", self.upstream),
            KeyValue::new("source", source),
        ];
        self.fallbacks.add(1, &labels);
    }

    /// Shows a breaker from now on.
    pub(crate) fn watch(&self, operation: &'static str, breaker: &Arc<Breaker>) {
        let labels = [
            KeyValue::new("upstream", self.upstream),
            KeyValue::new("operation", operation),
        ];
        let meter = opentelemetry::global::meter("upstream");
        let (shown, names) = (Arc::clone(breaker), labels.clone());
        meter
            .u64_observable_gauge("mvp_circuit_breaker_state")
            .with_description("0 closed, 1 open, 2 half open")
            .with_callback(move |gauge| gauge.observe(shown.state().number().into(), &names))
            .build();
        let shown = Arc::clone(breaker);
        meter
            .u64_observable_counter("mvp_circuit_breaker_opened")
            .with_description("How often the circuit breaker opened")
            .with_callback(move |counter| counter.observe(shown.times_opened(), &labels))
            .build();
    }
}
