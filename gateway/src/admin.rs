//! The operator's listener: metrics and health, away from the public door.

use crate::access_log::AccessLog;
use crate::state::Shared;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use problem::{Code, Problem};
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

/// Serves the operator until the task is aborted.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                match accepted {
                    Ok((socket, _)) if connections.len() < MAX_CONNECTIONS => {
                        connections.spawn(serve_one(socket, Arc::clone(&shared)));
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

async fn serve_one(socket: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(move |request| answer(Arc::clone(&shared), request));
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
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(refuse(Code::MethodNotAllowed));
    }
    let path = request.uri().path();
    if path == "/metrics" {
        let dropped = shared.access_log.as_ref().map_or(0, AccessLog::dropped);
        let text = shared.metrics.render(dropped);
        return Ok(respond(StatusCode::OK, TEXT_FORMAT, text.into_bytes()));
    }
    Ok(match crate::health::answer(&shared.health, path).await {
        Some((status, json)) => respond(status, "application/json", json),
        None => refuse(Code::NotFound),
    })
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
