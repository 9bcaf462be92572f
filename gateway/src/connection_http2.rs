//! One client's HTTP/2 connection: the same judges, routes and refusals as HTTP/1.1.

use crate::answer::AnswerBody;
use crate::connection::OpenConnection;
use crate::http2_head;
use crate::http2_stream::{ClockedBody, Clocks, State};
use crate::proxy::{Client, Worker, handle, handle_refused};
use crate::state::Shared;
use http::{Request, Response, header};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_rustls::server::TlsStream;

/// Streams that the client opened and took back before they were looked at (CVE-2023-44487).
const MAX_PENDING_RESETS: usize = 20;
/// Streams that were reset for the client's mistakes before the connection is given up.
const MAX_MISTAKES: usize = 100;
/// What a client may send of a body before the upstream has taken it.
const STREAM_WINDOW_BYTES: u32 = 256 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 1024 * 1024;
/// What waits for the client in each stream.
const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// Serves a connection until either side ends it, or until `stop` says so and nothing is in flight.
pub(crate) async fn serve(
    worker: Arc<Worker>,
    stream: TlsStream<TcpStream>,
    client: Arc<Client>,
    open: OpenConnection,
    mut stop: watch::Receiver<bool>,
) {
    let shared = worker.shared();
    let times = shared.times;
    let clocks = Arc::new(Clocks::new(times.idle, times.bytes_per_second));
    let of_service = Arc::clone(&clocks);
    let builder = builder(&shared);
    drop(shared);
    let service = service_fn(move |request| {
        answer(
            Arc::clone(&worker),
            Arc::clone(&client),
            Arc::clone(&of_service),
            request,
        )
    });
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    // Before the first request there is only the patience for a head.
    let mut patience = times.head;
    let mut quiet_since = Instant::now();
    let mut leaving = false;
    let mut looks = tokio::time::interval(look_every(times.head.min(times.idle)));
    let ended = loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => break ended,
            _ = stop.wait_for(|stop| *stop), if !leaving => {
                leaving = true;
                connection.as_mut().graceful_shutdown();
            }
            _ = looks.tick() => match clocks.look() {
                State::Hopeless => break Ok(()),
                State::Busy => {
                    quiet_since = Instant::now();
                    patience = times.keep_alive;
                }
                State::Idle if quiet_since.elapsed() < patience => {}
                // Told to go, and still here after as long again.
                State::Idle if quiet_since.elapsed() > patience.saturating_mul(2) => break Ok(()),
                State::Idle if !leaving => {
                    leaving = true;
                    connection.as_mut().graceful_shutdown();
                }
                State::Idle => {}
            },
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a client's HTTP/2 connection ended early");
    }
    drop(open);
}

/// Often enough for the shortest patience, and never more than once a second without need.
fn look_every(patience: Duration) -> Duration {
    (patience / 4).clamp(Duration::from_millis(20), Duration::from_secs(1))
}

fn builder(shared: &Shared) -> http2::Builder<TokioExecutor> {
    let limits = shared.head_limits;
    let times = shared.times;
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .max_concurrent_streams(shared.max_streams)
        .max_header_list_size(http2_head::library_limit(limits))
        .max_pending_accept_reset_streams(MAX_PENDING_RESETS)
        .max_local_error_reset_streams(MAX_MISTAKES)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_send_buf_size(SEND_BUFFER_BYTES)
        // A client whose machine is gone does not answer this.
        .keep_alive_interval(times.idle)
        .keep_alive_timeout(times.idle);
    http
}

async fn answer(
    worker: Arc<Worker>,
    client: Arc<Client>,
    clocks: Arc<Clocks>,
    request: Request<Incoming>,
) -> Result<Response<ClockedBody>, Infallible> {
    let ticket = clocks.begin();
    let (mut head, body) = request.into_parts();
    let judged = http2_head::judge(&head, !body.is_end_stream(), worker.shared().head_limits);
    let answer: Response<AnswerBody> = match judged {
        Ok(()) => {
            http2_head::as_http11(&mut head);
            handle(worker, client, Request::from_parts(head, body)).await?
        }
        Err(refusal) => handle_refused(&worker, &client, &head, refusal),
    };
    let mut answer = answer.map(|body| ClockedBody::new(body, ticket));
    // A stream ends by itself; its neighbours are not in doubt.
    answer.headers_mut().remove(header::CONNECTION);
    Ok(answer)
}
