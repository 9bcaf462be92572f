//! `WebSocket`s: after an upstream agreed to switch protocols, bytes go both ways unread.
//!
//! Only on routes that say so, only when client and upstream name the same protocol, and only after
//! a 101: whatever else the upstream answers is an answer like any other.

use crate::answer::{AnswerBody, of_refusal, of_switch};
use crate::guarded_stream::GuardedStream;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::upstream::{AnswerStream, now_ms};
use bytes::Bytes;
use http::header::{CONNECTION, HeaderMap, HeaderValue, UPGRADE};
use http::request::Parts;
use http::{Method, Response, Version};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// The protocols that a route may let pass.
pub(crate) const PROTOCOLS: [&str; 1] = ["websocket"];
const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");
const BUFFER_BYTES: usize = 16 * 1024;

/// The upstream's side of a connection that switched protocols.
pub(crate) struct Tunnel {
    upstream: TcpStream,
    /// What the upstream sent right after its answer.
    early: Bytes,
    /// Without a byte either way.
    idle: Duration,
    /// The request that it began as still takes up its slot.
    _answer: AnswerStream,
}

/// Where the tunnel of a connection is left for when its last answer was sent.
#[derive(Default)]
pub(crate) struct Switch(Mutex<Option<Box<Tunnel>>>);

impl Switch {
    fn put(&self, tunnel: Box<Tunnel>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(tunnel);
    }

    /// The tunnel, if the connection switched.
    pub(crate) fn take(&self) -> Option<Box<Tunnel>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Whether a request asks for a WebSocket.
pub(crate) fn is_asked(request: &Parts) -> bool {
    let headers = &request.headers;
    let mut tokens = headers
        .get_all(CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|b| *b == b','));
    request.method == Method::GET
        && request.version == Version::HTTP_11
        && is_websocket(headers)
        && tokens.any(|token| token.trim_ascii().eq_ignore_ascii_case(b"upgrade"))
}

fn is_websocket(headers: &HeaderMap) -> bool {
    let mut named = headers.get_all(UPGRADE).iter();
    match (named.next(), named.next()) {
        (Some(name), None) => name.as_bytes().eq_ignore_ascii_case(b"websocket"),
        _ => false,
    }
}

/// Agrees to it, towards the client.
pub(crate) fn say(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, WEBSOCKET);
}

/// Agrees with what the upstream agreed to, and leaves the tunnel in the switch.
pub(crate) fn open(
    response: Response<AnswerStream>,
    record: Box<Record>,
    switch: &Switch,
    idle: Duration,
) -> Response<AnswerBody> {
    let (parts, mut answer) = response.into_parts();
    let socket = if is_websocket(&parts.headers) {
        answer.take_socket()
    } else {
        None
    };
    let Some((upstream, early)) = socket else {
        answer.distrust();
        return of_refusal(Refusal::UpstreamBroken, record, None);
    };
    switch.put(Box::new(Tunnel {
        upstream,
        early,
        idle,
        _answer: answer,
    }));
    of_switch(parts.headers, record)
}

impl Tunnel {
    /// Passes bytes on until both sides have ended, nothing came for too long, or the gateway stops.
    pub(crate) async fn run(
        mut self: Box<Self>,
        client: GuardedStream<impl AsyncRead + AsyncWrite + Unpin>,
        unread: &Bytes,
        mut stop: watch::Receiver<bool>,
    ) {
        let Some(client) = client.into_socket().filter(|_| unread.is_empty()) else {
            // A client may not speak the new protocol before it was agreed to: what it sent was judged
            // as a request, and must not be passed on as anything else.
            return;
        };
        let last = AtomicU64::new(now_ms());
        let (from_client, mut to_client) = tokio::io::split(client);
        let (from_upstream, to_upstream) = self.upstream.split();
        let early = self.early;
        let both = async {
            to_client.write_all(&early).await?;
            to_client.flush().await?;
            tokio::try_join!(
                pump(from_client, to_upstream, &last),
                pump(from_upstream, to_client, &last),
            )
        };
        tokio::select! {
            ended = both => if let Err(error) = ended {
                tracing::debug!(%error, "a tunnel ended early");
            },
            () = until_idle(self.idle, &last) => tracing::debug!("a tunnel was idle for too long"),
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    last: &AtomicU64,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return to.shutdown().await;
        }
        to.write_all(buffer.get(..count).unwrap_or_default())
            .await?;
        // By TLS a record may still wait in the process.
        to.flush().await?;
        last.store(now_ms(), Ordering::Relaxed);
    }
}

async fn until_idle(idle: Duration, last: &AtomicU64) {
    loop {
        let since_ms = now_ms().saturating_sub(last.load(Ordering::Relaxed));
        let left = idle.saturating_sub(Duration::from_millis(since_ms));
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left).await;
    }
}
