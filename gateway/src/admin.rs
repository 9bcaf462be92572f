//! The operator's listener: metrics and health, away from the public door.

use crate::access_log::AccessLog;
use crate::reload::Reloader;
use crate::state::Shared;
use arc_swap::ArcSwap;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, ORIGIN};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use problem::{Code, Problem};
use serde::Serialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// More connections than these are closed at once: an operator has few.
pub(crate) const MAX_CONNECTIONS: usize = 64;
/// No connection stays longer, not even one that does not read its answer.
const MAX_AGE: Duration = Duration::from_mins(5);
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What the operator looks at, and what he can do.
#[derive(Clone)]
pub(crate) struct Operated {
    /// What is in force.
    pub(crate) live: Arc<ArcSwap<Shared>>,
    /// Takes new settings.
    pub(crate) reloader: Arc<Reloader>,
}

/// Serves the operator until the task is aborted.
pub(crate) async fn serve(listener: TcpListener, operated: Operated) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                match accepted {
                    Ok((socket, _)) if connections.len() < MAX_CONNECTIONS => {
                        connections.spawn(serve_one(socket, operated.clone()));
                    }
                    Ok(_one_too_many) => {}
                    // Out of descriptors, most likely: trying again at once would only burn the processor.
                    Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve_one(socket: TcpStream, operated: Operated) {
    let service = service_fn(move |request| answer(operated.clone(), request));
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(socket), service);
    match timeout(MAX_AGE, served).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "an operator's connection ended early"),
        Err(_late) => tracing::debug!("an operator's connection was too old"),
    }
}

async fn answer(
    operated: Operated,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path();
    let shared = operated.live.load_full();
    match (request.method(), path) {
        (&Method::POST, "/reload") => return Ok(change(&request, || reload(&operated.reloader))),
        (&Method::DELETE, "/keys") => return Ok(change(&request, || forget_keys(&shared))),
        (&Method::GET | &Method::HEAD, "/reload") => return Ok(refuse(Code::MethodNotAllowed)),
        (&Method::GET | &Method::HEAD, _) => {}
        _ => return Ok(refuse(Code::MethodNotAllowed)),
    }
    match path {
        "/certificates" => return Ok(json(&crate::admin_lists::certificates(&shared))),
        "/keys" => return Ok(json(&crate::admin_lists::keys(&shared))),
        "/routes" => return Ok(json(&crate::admin_lists::routes(&shared))),
        "/upstreams" => return Ok(json(&crate::admin_lists::upstreams(&shared))),
        "/settings" => return Ok(json(&operated.reloader.status())),
        _ => {}
    }
    if path == "/metrics" {
        let dropped = shared.access_log.as_ref().map_or(0, AccessLog::dropped);
        if let Some(keys) = &shared.tenant_keys {
            let unconfirmed = keys.since_confirmed();
            shared.metrics.door.note_keys(keys.kept(), unconfirmed);
        }
        let text = shared.metrics.render(dropped, &shared.upstreams);
        return Ok(respond(StatusCode::OK, TEXT_FORMAT, text.into_bytes()));
    }
    Ok(match crate::health::answer(&shared.health, path).await {
        Some((status, json)) => respond(status, "application/json", json),
        None => refuse(Code::NotFound),
    })
}

/// What changes something, unless a page in the operator's browser asks for it.
fn change(
    request: &Request<Incoming>,
    done: impl FnOnce() -> Response<Full<Bytes>>,
) -> Response<Full<Bytes>> {
    if request.headers().contains_key(ORIGIN) {
        return refuse(Code::Forbidden);
    }
    done()
}

/// Forgets what is known of keys of tenants: 200 with how things stand then.
fn forget_keys(shared: &Shared) -> Response<Full<Bytes>> {
    let Some(keys) = &shared.tenant_keys else {
        return refuse(Code::NotFound);
    };
    keys.forget_all();
    tracing::info!("what was kept of keys of tenants is forgotten, as the operator asked");
    json(&crate::admin_lists::keys(shared))
}

/// Reads the settings again: 200 with what is in force now, or 422 with what is wrong.
fn reload(reloader: &Reloader) -> Response<Full<Bytes>> {
    let rejected = match reloader.reload() {
        Ok(status) => return json(&status),
        Err(rejected) => rejected,
    };
    let at = match (&rejected.file, rejected.line) {
        (Some(file), Some(line)) => format!("{}:{line}: ", file.display()),
        _ => String::new(),
    };
    let problem = Problem::new(Code::InvalidBody).detail(format!("{at}{}", rejected.reason));
    let mut problem = serde_json::to_value(&problem).unwrap_or_default();
    if let Some(fields) = problem.as_object_mut() {
        fields.insert("line".to_owned(), rejected.line.into());
        fields.insert("reason".to_owned(), rejected.reason.into());
    }
    let mut response = json(&problem);
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    let kind = HeaderValue::from_static(problem::CONTENT_TYPE);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

fn json(value: &impl Serialize) -> Response<Full<Bytes>> {
    let body = serde_json::to_vec(value).unwrap_or_default();
    respond(StatusCode::OK, "application/json", body)
}

fn refuse(code: Code) -> Response<Full<Bytes>> {
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    respond(status, problem::CONTENT_TYPE, Problem::new(code).to_json())
}

fn respond(status: StatusCode, kind: &'static str, body: Vec<u8>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
