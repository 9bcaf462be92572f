//! Round every request: its ids, its span, its metrics, and the request id inside every problem.

use crate::budget;
use crate::telemetry::DURATION_BUCKETS_S;
use crate::trace_context::{
    REQUEST_ID_HEADER, TRACEPARENT_HEADER, TraceContext, is_request_id, new_request_id,
};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ResourceMap, ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError};
use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;
use opentelemetry::propagation::Extractor;
use problem::{Code, Problem};
use std::cell::OnceCell;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tracing::{Instrument, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// A request that takes longer is worth a warning.
const SLOW: Duration = Duration::from_secs(1);
const REQUEST_ID: HeaderName = HeaderName::from_static(REQUEST_ID_HEADER);

/// The id of a request, among its extensions for handlers that write it down.
#[derive(Debug, Clone)]
pub struct RequestId(pub std::sync::Arc<str>);

/// The instruments, shared by all workers.
#[derive(Clone)]
pub(super) struct Observer {
    duration_s: Histogram<f64>,
}

impl Observer {
    pub(super) fn new() -> Self {
        let duration_s = opentelemetry::global::meter("service")
            .f64_histogram("http_server_request_duration")
            .with_unit("s")
            .with_description("How long requests took, by route, method and status")
            .with_boundaries(DURATION_BUCKETS_S.to_vec())
            .build();
        Self { duration_s }
    }
}

/// A worker's routes, for a request that is gone with its match when its route is asked for.
#[derive(Clone, Default)]
pub(super) struct Routes(Rc<OnceCell<ResourceMap>>);

impl Routes {
    fn of(request: &ServiceRequest) -> Option<Self> {
        let routes = request.app_data::<Self>()?;
        routes.0.get_or_init(|| request.resource_map().clone());
        Some(routes.clone())
    }

    fn route_of(&self, path: &str) -> Option<String> {
        self.0.get()?.match_pattern(path)
    }
}

pub(super) async fn observe(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let begun = Instant::now();
    let request_id = request_id(request.headers());
    let span = root_span(&request, &request_id);
    let method = request.method().clone();
    if method == Method::HEAD {
        // Routed as GET; the connection knows that it was HEAD and leaves the body out.
        request.head_mut().method = Method::GET;
    }
    request
        .extensions_mut()
        .insert(RequestId(request_id.as_str().into()));
    let observer = request.app_data::<Observer>().cloned();
    let routes = Routes::of(&request);
    let path = request.path().to_owned();
    let (answer, route) = match budget::fresh(next.call(request))
        .instrument(span.clone())
        .await
    {
        Ok(response) => {
            // The router has found it by now; before, it would be found twice.
            let route = response.request().match_pattern();
            (
                Ok(identified(response.map_into_boxed_body(), &request_id)),
                route,
            )
        }
        // A middleware gave the request up, and what a response is made of has gone with it.
        Err(error) => (
            Err(GivenUp::new(&error, &request_id)),
            routes.and_then(|routes| routes.route_of(&path)),
        ),
    };
    let route = route.unwrap_or_else(|| "unmatched".to_owned());
    let taken = begun.elapsed();
    let status = match &answer {
        Ok(response) => response.status(),
        Err(given_up) => given_up.status_code(),
    };
    let cause = || match &answer {
        Ok(response) => response.response().error().map(ToString::to_string),
        Err(given_up) => Some(given_up.to_string()),
    };
    span.in_scope(|| log(status, cause, &route, taken));
    if let Some(observer) = observer {
        let labels = [
            KeyValue::new("http_request_method", method_label(&method)),
            KeyValue::new("http_route", route),
            KeyValue::new("http_response_status_code", i64::from(status.as_u16())),
        ];
        observer.duration_s.record(taken.as_secs_f64(), &labels);
    }
    Ok(answer?)
}

/// The answer to a request that is not even begun.
pub(super) fn refused(request: ServiceRequest, problem: Problem) -> ServiceResponse {
    let request_id = request_id(request.headers());
    identified(request.error_response(problem), &request_id)
}

/// The answer to a request that a middleware gave up.
#[derive(Debug)]
struct GivenUp {
    problem: Problem,
    request_id: String,
}

impl GivenUp {
    fn new(error: &Error, request_id: &str) -> Self {
        Self {
            problem: as_problem(error).instance(request_id),
            request_id: request_id.to_owned(),
        }
    }
}

impl std::fmt::Display for GivenUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.problem.fmt(f)
    }
}

impl ResponseError for GivenUp {
    fn status_code(&self) -> StatusCode {
        self.problem.status_code()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = self.problem.error_response();
        if let Ok(value) = HeaderValue::from_str(&self.request_id) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        response
    }
}

/// With the request id, in the header and in a problem.
fn identified(response: ServiceResponse, request_id: &str) -> ServiceResponse {
    let mut response = with_instance(response, request_id);
    if let Ok(value) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The method as a label. One that is not of RFC 9110 counts as `_OTHER`, as OpenTelemetry has it: a caller must not be
/// able to make new time series.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        Method::CONNECT => "CONNECT",
        _ => "_OTHER",
    }
}

fn request_id(headers: &HeaderMap) -> String {
    headers
        .get(REQUEST_ID)
        .filter(|value| is_request_id(value.as_bytes()))
        .and_then(|value| value.to_str().ok())
        .map_or_else(|| new_request_id().to_string(), str::to_owned)
}

/// The span of the whole request. It holds ids only: no path and no query, for they may hold a VIN.
fn root_span(request: &ServiceRequest, request_id: &str) -> Span {
    let trace = request
        .headers()
        .get(TRACEPARENT_HEADER)
        .and_then(|value| TraceContext::parse(value.as_bytes()));
    let span = tracing::info_span!(
        "http_request",
        otel.kind = "server",
        request_id,
        trace_id = trace.as_ref().map(TraceContext::trace_id)
    );
    if trace.is_some() && !span.is_disabled() {
        let context = opentelemetry::global::get_text_map_propagator(|propagator| {
            propagator.extract(&Headers(request.headers()))
        });
        // Fails only where no trace exporter is set up, and then there is no parent to set.
        let _ = span.set_parent(context);
    }
    span
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

fn log(status: StatusCode, cause: impl FnOnce() -> Option<String>, route: &str, taken: Duration) {
    let is_broken = status.is_server_error();
    let status = status.as_u16();
    let duration_ms = taken.as_secs_f64() * 1000.0;
    if route.starts_with("/health") {
        // Not being ready is an answer, not a failure; health itself says what is wrong, once a second.
        tracing::debug!(route, status, duration_ms, "request");
    } else if is_broken {
        let error = cause();
        tracing::error!(route, status, duration_ms, error, "request failed");
    } else if taken >= SLOW {
        tracing::warn!(route, status, duration_ms, "slow request");
    } else {
        tracing::debug!(route, status, duration_ms, "request");
    }
}

/// Puts the request id into a problem that a handler or an extractor answered.
fn with_instance(response: ServiceResponse, request_id: &str) -> ServiceResponse {
    let Some(problem) = response.response().error().map(as_problem) else {
        return response;
    };
    let (request, old) = response.into_parts();
    let mut fresh = problem.instance(request_id).error_response();
    for (name, value) in old.headers() {
        if !fresh.headers().contains_key(name) {
            fresh.headers_mut().insert(name.clone(), value.clone());
        }
    }
    ServiceResponse::new(request, fresh)
}

/// Any error as a problem. One that is not ours keeps its status and loses its text.
fn as_problem(error: &Error) -> Problem {
    if let Some(problem) = error.as_error::<Problem>() {
        return problem.clone();
    }
    let status = error.as_response_error().status_code().as_u16();
    let known = Code::ALL
        .iter()
        .copied()
        .find(|code| code.status() == status);
    let other = if status < 500 {
        Code::BadRequest
    } else {
        Code::Internal
    };
    let mut problem = Problem::new(known.unwrap_or(other));
    problem.status = status;
    problem
}
