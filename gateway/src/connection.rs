//! One client's connection from accept to close.

use crate::connection_http2;
use crate::guarded_stream::GuardedStream;
use crate::proxy::{Client, Worker, handle};
use crate::tunnel::Switch;
use http::HeaderValue;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use prometheus::IntGauge;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// Heads of up to 64 kB were judged before; this only has to hold them.
const BUFFER_BYTES: usize = 128 * 1024;

/// hyper's own limit, for which its parser needs no initialised memory.
const LIBRARY_MAX_HEADERS: usize = 100;

/// Which listener a connection came to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Door {
    Plain,
    Tls,
}

/// A place among the connections that may be open, from accept on; given back however the connection ends.
pub(crate) struct OpenConnection(IntGauge);

impl OpenConnection {
    /// Takes a place.
    pub(crate) fn count(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Serves a connection until either side ends it, or until `stop` says so and nothing is in flight.
pub(crate) async fn serve(
    worker: Arc<Worker>,
    socket: TcpStream,
    (peer, door): (SocketAddr, Door),
    open: OpenConnection,
    stop: watch::Receiver<bool>,
) {
    // Without it a short answer waits up to 40 ms for the client's delayed acknowledgement.
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "a connection was gone before it was served");
    }
    let shared = worker.shared();
    let tls = match door {
        Door::Plain => None,
        Door::Tls => shared.tls.clone(),
    };
    let times = shared.times;
    drop(shared);
    let ip = peer.ip().to_canonical();
    let address = HeaderValue::from_str(&ip.to_string());
    let mut client = Client {
        ip,
        address: address.unwrap_or(HeaderValue::from_static("unknown")),
        in_flight: Arc::new(AtomicBool::new(false)),
        switch: Switch::default(),
        tls: tls.is_some(),
        hsts: tls.as_ref().and_then(|tls| tls.hsts.clone()),
        body_times: None,
    };
    let Some(tls) = tls else {
        return serve_http1(worker, socket, Arc::new(client), open, stop).await;
    };
    // Boxed, because most of what a handshake needs is needed only once.
    match Box::pin(tls.accept(socket, times.head)).await {
        Ok((stream, true)) => {
            client.body_times = Some(times);
            let client = Arc::new(client);
            Box::pin(connection_http2::serve(worker, stream, client, open, stop)).await;
        }
        Ok((stream, false)) => {
            Box::pin(serve_http1(worker, stream, Arc::new(client), open, stop)).await;
        }
        Err(error) => tracing::debug!(%error, "a client's TLS handshake failed"),
    }
}

async fn serve_http1(
    worker: Arc<Worker>,
    socket: impl AsyncRead + AsyncWrite + Unpin,
    client: Arc<Client>,
    open: OpenConnection,
    mut stop: watch::Receiver<bool>,
) {
    let shared = worker.shared();
    let stream = GuardedStream::new(
        socket,
        shared.head_limits,
        shared.times,
        Arc::clone(&client.in_flight),
    );
    let max_headers = shared.head_limits.headers;
    drop(shared);
    let of_requests = Arc::clone(&client);
    let service =
        service_fn(move |request| handle(Arc::clone(&worker), Arc::clone(&of_requests), request));
    let mut http = http1::Builder::new();
    // The guarded stream keeps the time, for heads, bodies and pauses alike.
    http.header_read_timeout(None)
        .max_header_size(BUFFER_BYTES)
        .max_buf_size(BUFFER_BYTES);
    if max_headers > LIBRARY_MAX_HEADERS {
        http.max_headers(max_headers);
    }
    let mut connection = http.serve_connection(TokioIo::new(stream), service);
    let ended = tokio::select! {
        biased;
        ended = &mut connection => Some(ended),
        _ = stop.wait_for(|stop| *stop) => None,
    };
    let ended = if let Some(ended) = ended {
        ended
    } else {
        Pin::new(&mut connection).graceful_shutdown();
        (&mut connection).await
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a client's connection ended early");
    }
    if let Some(tunnel) = client.switch.take() {
        let parts = connection.into_parts();
        tunnel
            .run(parts.io.into_inner(), &parts.read_buf, stop)
            .await;
    }
    drop(open);
}
