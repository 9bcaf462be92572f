//! What is counted. Every handle is found by index: nothing is looked up by name for a request.

use crate::door_metrics::DoorMetrics;
use crate::refusal::Refusal;
use crate::upstream::{Upstream, UpstreamMetrics};
use http::{Method, StatusCode};
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, TextEncoder,
};
use service::telemetry::DURATION_BUCKETS_S;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Every method that is counted by its name, then the rest.
const METHODS: [&str; 8] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "_OTHER",
];
/// How a request to an upstream may end; the last is the client's fault, not the upstream's.
const OUTCOMES: [&str; 7] = [
    "answered", "down", "busy", "timeout", "broken", "open", "client",
];
const STATUSES: usize = 500;

type ByStatus = Box<[OnceLock<Histogram>]>;

/// The gateway's metrics.
pub(crate) struct Metrics {
    registry: Registry,
    served: HistogramVec,
    sent: HistogramVec,
    /// Handles of `served` by route, method and status, made when first needed.
    handles: Vec<[OnceLock<ByStatus>; METHODS.len()]>,
    routes: Vec<String>,
    by_upstream: Vec<[Histogram; OUTCOMES.len()]>,
    refused: Vec<IntCounter>,
    /// What is counted about instances and circuit breakers.
    pub(crate) of_upstreams: UpstreamMetrics,
    /// Connections from clients that are open now.
    pub(crate) open_connections: IntGauge,
    /// Connections that were closed at once because there were too many.
    pub(crate) turned_away: IntGauge,
    access_log_dropped: IntGauge,
    /// What is counted on the clients' side.
    pub(crate) door: DoorMetrics,
}

impl Metrics {
    /// Metrics for these routes and upstreams.
    pub(crate) fn new(
        routes: Vec<String>,
        upstreams: &[String],
    ) -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let served = HistogramVec::new(
            HistogramOpts::new(
                "http_server_request_duration_seconds",
                "Time from the head of a request to the end of its answer",
            )
            .buckets(DURATION_BUCKETS_S.to_vec()),
            &[
                "http_request_method",
                "http_route",
                "http_response_status_code",
            ],
        )?;
        let sent = HistogramVec::new(
            HistogramOpts::new(
                "http_client_request_duration_seconds",
                "Time to the head of an upstream's answer, or to giving up on it",
            )
            .buckets(DURATION_BUCKETS_S.to_vec()),
            &["upstream", "outcome"],
        )?;
        let about_refused = Opts::new(
            "mvp_gateway_refused_total",
            "Requests that the gateway answered itself with an error",
        );
        let refused = IntCounterVec::new(about_refused, &["reason"])?;
        registry.register(Box::new(served.clone()))?;
        registry.register(Box::new(sent.clone()))?;
        registry.register(Box::new(refused.clone()))?;
        register_build_info(&registry)?;
        Ok(Self {
            of_upstreams: UpstreamMetrics::new(&registry)?,
            handles: handles(&routes),
            by_upstream: by_upstream(&sent, upstreams),
            refused: Refusal::ALL
                .iter()
                .map(|r| refused.with_label_values(&[r.label()]))
                .collect(),
            open_connections: gauge(
                &registry,
                "mvp_gateway_open_connections",
                "Connections from clients that are open",
            )?,
            turned_away: gauge(
                &registry,
                "mvp_gateway_turned_away_connections",
                "Connections closed at once because there were too many, since the start",
            )?,
            access_log_dropped: gauge(
                &registry,
                "mvp_gateway_access_log_dropped_lines",
                "Access log lines dropped because standard output was stuck, since the start",
            )?,
            door: DoorMetrics::new(&registry)?,
            registry,
            served,
            sent,
            routes,
        })
    }

    /// The same metrics for other routes and upstreams: what was counted stays.
    pub(crate) fn renewed(&self, routes: Vec<String>, upstreams: &[String]) -> Self {
        Self {
            registry: self.registry.clone(),
            served: self.served.clone(),
            sent: self.sent.clone(),
            handles: handles(&routes),
            by_upstream: by_upstream(&self.sent, upstreams),
            routes,
            refused: self.refused.clone(),
            of_upstreams: self.of_upstreams.clone(),
            open_connections: self.open_connections.clone(),
            turned_away: self.turned_away.clone(),
            access_log_dropped: self.access_log_dropped.clone(),
            door: self.door.clone(),
        }
    }

    /// Where other parts register what they count.
    pub(crate) fn registry(&self) -> Registry {
        self.registry.clone()
    }

    /// The name of a route, by its place.
    pub(crate) fn route_name(&self, route: usize) -> &str {
        self.routes.get(route).map_or("", String::as_str)
    }

    /// Counts a finished request.
    pub(crate) fn note_served(
        &self,
        route: usize,
        method: &Method,
        status: StatusCode,
        took: Duration,
    ) {
        let method = METHODS
            .iter()
            .position(|m| *m == method.as_str())
            .unwrap_or(METHODS.len() - 1);
        let Some(slot) = self
            .handles
            .get(route)
            .and_then(|methods| methods.get(method))
        else {
            return;
        };
        let statuses = slot.get_or_init(|| (0..STATUSES).map(|_| OnceLock::new()).collect());
        let index = usize::from(status.as_u16()).saturating_sub(100);
        if let Some(handle) = statuses.get(index) {
            handle
                .get_or_init(|| {
                    let name = METHODS.get(method).copied().unwrap_or_default();
                    self.served
                        .with_label_values(&[name, self.route_name(route), status.as_str()])
                })
                .observe(took.as_secs_f64());
        }
    }

    /// Counts a request that an upstream was to answer.
    pub(crate) fn note_sent(&self, upstream: usize, took: Duration, refused: Option<Refusal>) {
        let outcome = match refused {
            None => 0,
            Some(Refusal::UpstreamDown) => 1,
            Some(Refusal::UpstreamBusy) => 2,
            Some(Refusal::UpstreamTimeout) => 3,
            Some(Refusal::UpstreamBroken) => 4,
            Some(Refusal::UpstreamOpen) => 5,
            Some(_) => 6,
        };
        let of_upstream = self.by_upstream.get(upstream);
        if let Some(histogram) = of_upstream.and_then(|outcomes| outcomes.get(outcome)) {
            histogram.observe(took.as_secs_f64());
        }
    }

    /// Counts a refusal.
    pub(crate) fn note_refused(&self, refusal: Refusal) {
        let index = Refusal::ALL.iter().position(|r| *r == refusal);
        if let Some(counter) = index.and_then(|index| self.refused.get(index)) {
            counter.inc();
        }
    }

    /// Everything in the Prometheus text format.
    pub(crate) fn render(&self, access_log_dropped: u64, upstreams: &[Arc<Upstream>]) -> String {
        self.of_upstreams.look_at(upstreams);
        self.access_log_dropped
            .set(i64::try_from(access_log_dropped).unwrap_or(i64::MAX));
        TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .unwrap_or_else(|error| {
                tracing::error!(%error, "metrics cannot be written");
                String::new()
            })
    }
}

fn handles(routes: &[String]) -> Vec<[OnceLock<ByStatus>; METHODS.len()]> {
    routes.iter().map(|_| Default::default()).collect()
}

fn by_upstream(sent: &HistogramVec, upstreams: &[String]) -> Vec<[Histogram; OUTCOMES.len()]> {
    let of = |name: &String| OUTCOMES.map(|outcome| sent.with_label_values(&[name, outcome]));
    upstreams.iter().map(of).collect()
}

fn gauge(registry: &Registry, name: &str, help: &str) -> Result<IntGauge, prometheus::Error> {
    let gauge = IntGauge::new(name, help)?;
    registry.register(Box::new(gauge.clone()))?;
    Ok(gauge)
}

fn register_build_info(registry: &Registry) -> Result<(), prometheus::Error> {
    let info = IntGaugeVec::new(
        Opts::new("mvp_build_info", "Always 1; the labels say what runs"),
        &["service", "version"],
    )?;
    info.with_label_values(&["gateway", env!("CARGO_PKG_VERSION")])
        .set(1);
    registry.register(Box::new(info))
}
