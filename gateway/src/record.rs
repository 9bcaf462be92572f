//! What is known about one request, counted and logged when its answer has left.

use crate::access_log::Line;
use crate::guarded_stream::InFlight;
use crate::policy::Dress;
use crate::refusal::Refusal;
use crate::request_body::Progress;
use crate::state::Shared;
use crate::trace_context::Trace;
use access::{Caller, Consumer};
use http::{HeaderValue, Method, StatusCode};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// The client left before there was an answer (nginx's number for it).
const CLIENT_LEFT: u16 = 499;

/// One request, from its head to the end of its answer. Dropping it writes it down.
pub(crate) struct Record {
    shared: Arc<Shared>,
    in_flight: InFlight,
    started: Instant,
    /// The id of the request.
    pub(crate) request_id: HeaderValue,
    /// Its trace.
    pub(crate) trace: Trace,
    /// The place of its route.
    pub(crate) route: usize,
    /// Its method.
    pub(crate) method: Method,
    /// The status of its answer.
    pub(crate) status: Option<StatusCode>,
    /// Whose key it came with.
    pub(crate) consumer: Option<Consumer>,
    /// The tenant that its key acts for.
    pub(crate) tenant: Option<HeaderValue>,
    /// The place of the upstream it was sent to.
    pub(crate) upstream: Option<usize>,
    /// Which of several instances answered.
    pub(crate) instance: Option<&'static str>,
    /// How long the upstream took.
    pub(crate) upstream_duration: Option<Duration>,
    /// Why it was refused.
    pub(crate) refused: Option<Refusal>,
    /// When it is worth asking again, if that is known.
    pub(crate) retry_after_s: Option<u64>,
    /// How its body got on.
    pub(crate) body: Option<Arc<Progress>>,
    /// Bytes of the answer so far.
    pub(crate) bytes_out: u64,
    /// Whether the answer ended before its end.
    pub(crate) cut_short: bool,
    /// Whom its token speaks of.
    pub(crate) caller: Option<Caller>,
    /// What the answer is to carry.
    pub(crate) dress: Dress,
}

impl Record {
    /// A request whose head is complete.
    pub(crate) fn begin(
        shared: Arc<Shared>,
        in_flight: InFlight,
        method: Method,
        request_id: HeaderValue,
        trace: Trace,
    ) -> Self {
        in_flight.store(true, Ordering::Relaxed);
        Self {
            route: shared.unrouted(),
            shared,
            in_flight,
            started: Instant::now(),
            request_id,
            trace,
            method,
            status: None,
            consumer: None,
            tenant: None,
            upstream: None,
            instance: None,
            upstream_duration: None,
            refused: None,
            retry_after_s: None,
            body: None,
            bytes_out: 0,
            cut_short: false,
            caller: None,
            dress: Dress::default(),
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.in_flight.store(false, Ordering::Relaxed);
        let duration = self.started.elapsed();
        let status = self
            .status
            .or_else(|| StatusCode::from_u16(CLIENT_LEFT).ok())
            .unwrap_or_default();
        let metrics = &self.shared.metrics;
        metrics.note_served(self.route, &self.method, status, duration);
        if let Some(refusal) = self.refused {
            metrics.note_refused(refusal);
        }
        if let (Some(upstream), Some(took)) = (self.upstream, self.upstream_duration) {
            metrics.note_sent(upstream, took, self.refused);
        }
        let Some(log) = &self.shared.access_log else {
            return;
        };
        let upstream = self
            .upstream
            .and_then(|index| self.shared.upstreams.get(index));
        log.log(&Line {
            request_id: self.request_id.to_str().unwrap_or_default(),
            trace_id: self.trace.context.trace_id(),
            consumer: self.consumer.as_ref().map(Consumer::name),
            tenant_id: self.tenant.as_ref().and_then(|id| id.to_str().ok()),
            route: metrics.route_name(self.route),
            method: self.method.as_str(),
            status: status.as_u16(),
            upstream: upstream.map(|upstream| upstream.name.as_str()),
            instance: self.instance,
            refused: self.refused.map(Refusal::label),
            cut_short: self.cut_short,
            bytes_in: self.body.as_ref().map_or(0, |body| body.bytes()),
            bytes_out: self.bytes_out,
            duration,
            upstream_duration: self.upstream_duration,
        });
    }
}
