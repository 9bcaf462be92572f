//! One request: identified, judged, authorised, forwarded, answered.

use crate::answer::{AnswerBody, of_json, of_preflight, of_redirect, of_refusal, of_upstream};
use crate::guarded_stream::{InFlight, REFUSED_METHOD, StreamTimes};
use crate::head::METHODS;
use crate::path::canonicalise;
use crate::policy::{Counts, RedisCounts};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::request_body::RequestBody;
use crate::request_headers::{API_KEY, Said, rewrite};
use crate::routes::Route;
use crate::state::Shared;
use crate::trace_context::{Trace, request_id};
use crate::upstream::{Pool, Terms};
use http::request::Parts;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderValue, Method, Request, Response, Uri, header};
use http_body::Body;
use hyper::body::Incoming;
use std::convert::Infallible;
use std::fmt::Write;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

/// What the requests of one worker thread need.
pub(crate) struct Worker {
    /// What all workers share.
    pub(crate) shared: Arc<Shared>,
    /// This worker's connections to each upstream.
    pub(crate) pools: Vec<Arc<Pool>>,
    /// This worker's connection to the Redis that limits are counted in.
    pub(crate) redis: Option<RedisCounts>,
}

impl Worker {
    /// Where this worker counts its callers' requests.
    pub(crate) fn counts(&self) -> Counts<'_> {
        Counts {
            redis: self.redis.as_ref(),
            local: &self.shared.local_counts,
            metrics: &self.shared.metrics.door,
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
    /// Whether it may come at all.
    pub(crate) permitted: bool,
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
    Redirect(HeaderValue),
    Preflight,
    Forward { route: &'a Route, target: Uri },
}

/// Answers one request.
pub(crate) async fn handle(
    worker: Arc<Worker>,
    client: Arc<Client>,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, Infallible> {
    let shared = &worker.shared;
    let (parts, body) = request.into_parts();
    let mut record = begin(shared, &client, &parts);
    let announced = body.size_hint().lower();
    let admitted = admit(&worker, &client, &parts, announced, &mut record).await;
    Ok(match admitted {
        Err((refusal, allow)) => of_refusal(refusal, record, allow),
        Ok(Admission::OwnHealth(path)) => match crate::health::answer(&shared.health, path).await {
            Some((status, json)) => of_json(status, json, record),
            None => of_refusal(Refusal::NoRoute, record, None),
        },
        Ok(Admission::Redirect(location)) => of_redirect(location, record),
        Ok(Admission::Preflight) => of_preflight(record),
        Ok(Admission::Forward { route, target }) => {
            forward(&worker, &client, route, target, (parts, body), record).await
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
    of_refusal(refusal, begin(&worker.shared, client, head), None)
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

async fn admit<'a>(
    worker: &'a Worker,
    client: &Client,
    request: &Parts,
    announced_bytes: u64,
    record: &mut Record,
) -> Result<Admission<'a>, Refused> {
    let plain = |refusal| (refusal, None);
    let shared = &worker.shared;
    if request.method.as_str() == REFUSED_METHOD {
        return Err(of_raw_head(request.uri.path()));
    }
    let path = canonicalise(request.uri.path()).map_err(plain)?;
    if let Some(own) = OWN_PATHS.iter().find(|own| **own == path.text) {
        record.route = shared.own_health();
        return match request.method {
            Method::GET | Method::HEAD => Ok(Admission::OwnHealth(own)),
            _ => Err((
                Refusal::MethodOfRoute,
                Some(HeaderValue::from_static("GET, HEAD")),
            )),
        };
    }
    if !client.permitted {
        return Err(plain(Refusal::AddressDenied));
    }
    if let Some(port) = shared.redirect_to_port.get()
        && !client.tls
    {
        let location = https_location(request, &path.text, *port);
        return location
            .map(Admission::Redirect)
            .ok_or((Refusal::HostMissing, None));
    }
    let Some((place, route)) = shared.routes.find(&path.text) else {
        return Err((Refusal::NoRoute, None));
    };
    record.route = place;
    if !path.oddities.within(route.permitted) {
        return Err((Refusal::Path, None));
    }
    // Boxed, because few routes have a policy and every connection has room for what is not boxed.
    if let Some(policy) = &route.policy {
        let preflight = record.dress.begin(policy, request);
        Box::pin(policy.judge_stranger(worker, client, record))
            .await
            .map_err(plain)?;
        if preflight {
            return Ok(Admission::Preflight);
        }
    }
    if !route.methods.contains(&request.method) {
        return Err((Refusal::MethodOfRoute, Some(route.allow.clone())));
    }
    authorise(shared, route, request, record).map_err(plain)?;
    if announced_bytes > route.body_limit {
        return Err((Refusal::BodyTooLarge, None));
    }
    if let Some(policy) = &route.policy {
        Box::pin(policy.judge_caller(worker, client, &request.headers, record))
            .await
            .map_err(plain)?;
    }
    let target = target_of(&path.text, route, request.uri.query());
    let target = target.ok_or((Refusal::Target, None))?;
    Ok(Admission::Forward { route, target })
}

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

fn authorise(
    shared: &Shared,
    route: &Route,
    request: &Parts,
    record: &mut Record,
) -> Result<(), Refusal> {
    let Some(ring) = route.keys.and_then(|keys| shared.keys.get(keys)) else {
        return Ok(());
    };
    let key = request.headers.get(API_KEY).ok_or(Refusal::KeyMissing)?;
    let consumer = key.to_str().ok().and_then(|key| ring.verify(key));
    record.consumer = Some(consumer.ok_or(Refusal::KeyUnknown)?);
    Ok(())
}

/// The canonical path without what the route strips, and the query as it came.
fn target_of(path: &str, route: &Route, query: Option<&str>) -> Option<Uri> {
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
    PathAndQuery::from_maybe_shared(bytes::Bytes::from(target))
        .ok()
        .map(Uri::from)
}

async fn forward(
    worker: &Worker,
    client: &Client,
    route: &Route,
    target: Uri,
    (parts, incoming): (Parts, Incoming),
    mut record: Box<Record>,
) -> Response<AnswerBody> {
    let Some(pool) = worker.pools.get(route.upstream) else {
        return of_refusal(Refusal::UpstreamDown, record, None);
    };
    let (body, progress) = RequestBody::new(incoming, route.body_limit, client.body_times);
    let mut headers = parts.headers;
    rewrite(
        &mut headers,
        Said {
            upstream_host: &pool.upstream().host_header,
            client: &client.address,
            tls: client.tls,
            request_id: &record.request_id,
            trace: record.trace,
            consumer: record
                .consumer
                .as_ref()
                .and_then(|consumer| HeaderValue::from_str(consumer.name()).ok()),
            user: record
                .caller
                .as_ref()
                .and_then(|caller| HeaderValue::from_str(&caller.subject).ok()),
            forward_key: route.forward_key,
            // Without a policy it is the upstream's own business.
            forward_token: route
                .policy
                .as_ref()
                .is_none_or(|policy| policy.forwards_token()),
        },
    );
    record.upstream = Some(route.upstream);
    record.body.clone_from(&progress);
    let may_repeat = progress.is_none() && parts.method.is_idempotent();
    let mut onward = Request::new(body);
    *onward.method_mut() = parts.method;
    *onward.uri_mut() = target;
    *onward.headers_mut() = headers;
    let sent = Instant::now();
    let terms = Terms {
        answer_timeout: route.answer_timeout,
        body_idle_timeout: route.body_idle_timeout,
        may_repeat,
        progress,
    };
    let outcome = pool.send(onward, terms).await;
    record.upstream_duration = Some(sent.elapsed());
    match outcome {
        Ok(response) => of_upstream(response, record),
        Err(refusal) => of_refusal(refusal, record, None),
    }
}
