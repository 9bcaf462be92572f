//! One request: identified, judged, authorised, forwarded, answered.

use crate::answer::{
    AnswerBody, of_docs, of_json, of_preflight, of_redirect, of_refusal, of_upstream,
};
use crate::docs;
use crate::guarded_stream::{InFlight, REFUSED_METHOD, StreamTimes};
use crate::head::METHODS;
use crate::path::canonicalise;
use crate::policy::{Counts, RedisCounts};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::request_body::RequestBody;
use crate::request_headers::Said;
use crate::routes::{Route, host_of};
use crate::state::Shared;
use crate::trace_context::{Trace, request_id};
use crate::tunnel::{self, Switch};
use crate::upstream::{Onward, Terms, Upstream};
use access::Consumer;
use arc_swap::ArcSwap;
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body::Body;
use hyper::body::Incoming;
use std::convert::Infallible;
use std::fmt::Write;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::time::Instant;

/// What the requests of one worker thread need.
pub(crate) struct Worker {
    /// What all workers share; it is replaced as a whole when the settings change.
    pub(crate) live: Arc<ArcSwap<Shared>>,
    /// Which worker it is, from 0.
    pub(crate) place: usize,
    /// This worker's connection to the Redis that limits are counted in.
    pub(crate) redis: Option<RedisCounts>,
}

impl Worker {
    /// What is in force now. Looked up once a request, which is finished on these terms.
    pub(crate) fn shared(&self) -> Arc<Shared> {
        self.live.load_full()
    }

    /// Where this worker counts its callers' requests.
    pub(crate) fn counts<'a>(&'a self, shared: &'a Shared) -> Counts<'a> {
        Counts {
            redis: self.redis.as_ref(),
            local: &shared.local_counts,
            metrics: &shared.metrics.door,
        }
    }
}

/// The client at the other end of a connection.
pub(crate) struct Client {
    /// Its address, an IPv4 one as such.
    pub(crate) ip: IpAddr,
    /// Its address, for upstreams.
    pub(crate) address: HeaderValue,
    /// Whether one of its requests is being worked on.
    pub(crate) in_flight: InFlight,
    /// What it switches to, if it does.
    pub(crate) switch: Switch,
    /// Whether it came by TLS.
    pub(crate) tls: bool,
    /// What its answers say about coming by TLS again.
    pub(crate) hsts: Option<HeaderValue>,
    /// How fast its bodies must be, where no guarded stream looks after that.
    pub(crate) body_times: Option<StreamTimes>,
}

/// A refusal, with the methods that would have been allowed.
type Refused = (Refusal, Option<HeaderValue>);

/// What is done with a request that was not refused.
enum Admission<'a> {
    OwnHealth(&'static str),
    OwnDocs(&'static str, &'static str),
    Redirect(HeaderValue),
    Preflight,
    Forward { route: &'a Route, target: String },
}

/// Answers one request.
pub(crate) async fn handle(
    worker: Arc<Worker>,
    client: Arc<Client>,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, Infallible> {
    let shared = &worker.shared();
    let (mut parts, body) = request.into_parts();
    let mut record = begin(shared, &client, &parts);
    let announced = body.size_hint().lower();
    let admitted = admit((&worker, shared), &client, &parts, announced, &mut record).await;
    Ok(match admitted {
        Err((refusal, allow)) => of_refusal(refusal, record, allow),
        Ok(Admission::OwnHealth(path)) => match crate::health::answer(&shared.health, path).await {
            Some((status, json)) => of_json(status, json, record),
            None => of_refusal(Refusal::NoRoute, record, None),
        },
        Ok(Admission::OwnDocs(path, media_type)) => {
            let body = Box::pin(shared.docs.answer(shared, path)).await;
            of_docs(media_type, body, record)
        }
        Ok(Admission::Redirect(location)) => of_redirect(location, record),
        Ok(Admission::Preflight) => of_preflight(record),
        Ok(Admission::Forward { route, target }) => {
            let place = route.upstream_for(&parts.headers);
            record.upstream = Some(place);
            if record.tenant.is_some()
                && let Some(door) = shared.door_of(route)
            {
                door.replace_key(&mut parts.headers);
            }
            match shared.upstreams.get(place) {
                Some(upstream) => {
                    let going = (upstream, route, target);
                    forward(worker.place, &client, going, (parts, body), record).await
                }
                None => of_refusal(Refusal::UpstreamDown, record, None),
            }
        }
    })
}

/// Answers a request whose head was refused where it was read.
pub(crate) fn handle_refused(
    worker: &Worker,
    client: &Client,
    head: &Parts,
    refusal: Refusal,
) -> Response<AnswerBody> {
    of_refusal(refusal, begin(&worker.shared(), client, head), None)
}

fn begin(shared: &Arc<Shared>, client: &Client, head: &Parts) -> Box<Record> {
    let mut record = Box::new(Record::begin(
        Arc::clone(shared),
        Arc::clone(&client.in_flight),
        head.method.clone(),
        request_id(&head.headers),
        Trace::of(&head.headers),
    ));
    record.dress.hsts.clone_from(&client.hsts);
    record.dress.policy.clone_from(&shared.own_policy);
    record
}

/// The same path at the same host, by TLS.
fn https_location(request: &Parts, path: &str, port: u16) -> Option<HeaderValue> {
    let host = request.headers.get(header::HOST)?.to_str().ok()?;
    let host: Authority = host.parse().ok()?;
    let mut location = format!("https://{}", host.host());
    if port != 443 {
        let _ = write!(location, ":{port}");
    }
    location.push_str(path);
    if let Some(query) = request.uri.query() {
        location.push('?');
        location.push_str(query);
    }
    HeaderValue::from_str(&location).ok()
}

/// What is judged before there is a route.
fn admit_stranger(
    shared: &Shared,
    client: &Client,
    request: &Parts,
    path: &str,
) -> Result<Option<HeaderValue>, Refusal> {
    let addresses = shared.addresses.as_ref();
    if addresses.is_some_and(|addresses| !addresses.permit(client.ip)) {
        return Err(Refusal::AddressDenied);
    }
    match shared.redirect_to_port.get() {
        Some(port) if !client.tls => {
            let location = https_location(request, path, *port);
            location.map(Some).ok_or(Refusal::HostMissing)
        }
        _ => Ok(None),
    }
}

async fn admit<'a>(
    (worker, shared): (&Worker, &'a Shared),
    client: &Client,
    request: &Parts,
    announced_bytes: u64,
    record: &mut Record,
) -> Result<Admission<'a>, Refused> {
    let plain = |refusal| (refusal, None);
    if request.method.as_str() == REFUSED_METHOD {
        return Err(of_raw_head(request.uri.path()));
    }
    let path = canonicalise(request.uri.path()).map_err(plain)?;
    if let Some(own) = OWN_PATHS.iter().find(|own| **own == path.text) {
        record.route = shared.own_health();
        return of_own_path(Admission::OwnHealth(own), &request.method);
    }
    // The health alone is for everybody.
    if let Some(location) = admit_stranger(shared, client, request, &path.text).map_err(plain)? {
        return Ok(Admission::Redirect(location));
    }
    if let Some((own, media_type)) = docs::PATHS.iter().find(|(own, _)| *own == path.text) {
        record.route = shared.own_docs();
        return of_own_path(Admission::OwnDocs(own, media_type), &request.method);
    }
    let host = || host_of(&request.uri, &request.headers);
    let Some((place, route)) = shared.routes.find(&path.text, host) else {
        return Err((Refusal::NoRoute, None));
    };
    record.route = place;
    let policy = route.policy.as_ref();
    // Before any refusal, which a page can only read with these headers.
    let preflight = policy.is_some_and(|policy| record.dress.begin(policy, request));
    if route.in_maintenance && !preflight {
        record.retry_after_s = Some(MAINTENANCE_RETRY_S);
        return Err((Refusal::Maintenance, None));
    }
    if !path.oddities.within(route.permitted) {
        return Err((Refusal::Path, None));
    }
    // Boxed, because few routes have a policy and every connection has room for what is not boxed.
    if let Some(policy) = policy {
        Box::pin(policy.judge_stranger((worker, shared), client, record))
            .await
            .map_err(plain)?;
        if preflight {
            return Ok(Admission::Preflight);
        }
    }
    if !route.methods.contains(&request.method) {
        return Err((Refusal::MethodOfRoute, Some(route.allow.clone())));
    }
    if let Some(door) = shared.door_of(route) {
        door.admit(request, client.ip, &worker.counts(shared), record)
            .await
            .map_err(plain)?;
    }
    if announced_bytes > route.body_limit {
        return Err((Refusal::BodyTooLarge, None));
    }
    if let Some(policy) = &route.policy {
        let headers = &request.headers;
        Box::pin(policy.judge_caller((worker, shared), client, headers, record))
            .await
            .map_err(plain)?;
    }
    let target = target_of(&path.text, route, request.uri.query());
    Ok(Admission::Forward { route, target })
}

fn of_own_path<'a>(own: Admission<'a>, method: &Method) -> Result<Admission<'a>, Refused> {
    match *method {
        Method::GET | Method::HEAD => Ok(own),
        _ => Err((
            Refusal::MethodOfRoute,
            Some(HeaderValue::from_static("GET, HEAD")),
        )),
    }
}

/// What clients of a route in maintenance are told to wait.
const MAINTENANCE_RETRY_S: u64 = 60;
const OWN_PATHS: [&str; 3] = ["/health", "/health/live", "/health/ready"];

/// The guarded stream refused the head itself and left the reason in the path.
fn of_raw_head(path: &str) -> Refused {
    let label = path.trim_start_matches('/');
    let refusal = Refusal::from_label(label).unwrap_or(Refusal::RequestLine);
    let allow = (refusal == Refusal::ForbiddenMethod)
        .then(|| HeaderValue::from_str(&METHODS.join(", ")).ok())
        .flatten();
    (refusal, allow)
}

/// The canonical path without what the route strips, and the query as it came.
fn target_of(path: &str, route: &Route, query: Option<&str>) -> String {
    let rest = path.get(route.strip..).unwrap_or_default();
    let slash = if rest.starts_with('/') { "" } else { "/" };
    let length = rest.len().saturating_add(query.map_or(0, str::len));
    let mut target = String::with_capacity(length.saturating_add(2));
    target.push_str(slash);
    target.push_str(rest);
    if let Some(query) = query {
        target.push('?');
        target.push_str(query);
    }
    target
}

async fn forward(
    worker: usize,
    client: &Client,
    (upstream, route, target): (&Arc<Upstream>, &Route, String),
    (parts, incoming): (Parts, Incoming),
    mut record: Box<Record>,
) -> Response<AnswerBody> {
    let switching = route.websocket_idle.filter(|_| tunnel::is_asked(&parts));
    let (body, progress) = RequestBody::new(incoming, route.body_limit, client.body_times);
    record.body.clone_from(&progress);
    let terms = Terms {
        begun: Instant::now(),
        answer_timeout: route.answer_timeout,
        body_idle_timeout: route.body_idle_timeout,
        may_repeat: progress.is_none() && parts.method.is_idempotent(),
        progress,
    };
    let mut onward = Onward {
        method: parts.method,
        target,
        headers: parts.headers,
        said: Said {
            client: &client.address,
            tls: client.tls,
            request_id: &record.request_id,
            trace: record.trace,
            consumer: record.consumer.as_ref().map(Consumer::name),
            user: record.caller.as_ref().map(|caller| &*caller.subject),
            tenant: record.tenant.as_ref(),
            // A tenant's key has been replaced by then.
            forward_key: route.forward_key || record.tenant.is_some(),
            forward_token: route.forwards_token(),
            forward_tenant: route.forward_tenant,
            websocket: switching.is_some(),
        },
        body,
    };
    let outcome = upstream.send(worker, &mut onward, &terms).await;
    record.upstream_duration = Some(terms.begun.elapsed());
    if let Ok(response) = &outcome
        && upstream.members().len() > 1
    {
        record.instance = Some(response.body().instance());
    }
    match (outcome, switching) {
        (Ok(response), Some(idle)) if response.status() == StatusCode::SWITCHING_PROTOCOLS => {
            tunnel::open(response, record, &client.switch, idle)
        }
        (Ok(response), _) => of_upstream(response, record),
        (Err(none), _) => {
            record.retry_after_s = none.retry_after_s;
            of_refusal(none.refusal, record, None)
        }
    }
}
