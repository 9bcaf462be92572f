//! One connection to an upstream, driven by whoever uses it.
//!
//! There is no task behind a connection: the request that holds it polls it. That saves two wake-ups
//! a request, and a connection that was closed while idle is seen before a request is put on it.

use super::instance::Instance;
use crate::deadline::Deadline;
use crate::refusal::Refusal;
use crate::request_body::RequestBody;
use bytes::Bytes;
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper_util::rt::TokioIo;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

/// An answer's head may be this large.
const MAX_ANSWER_HEAD_BYTES: usize = 64 * 1024;
const READ_BUFFER_BYTES: usize = 128 * 1024;

/// A connection to an upstream.
pub(super) struct Link {
    pub(super) sender: SendRequest<RequestBody>,
    connection: Connection<TokioIo<TcpStream>, RequestBody>,
    pub(super) deadline: Deadline,
    pub(super) idle_since: Instant,
    ended: bool,
}

impl Link {
    pub(super) async fn open(instance: &Instance) -> Result<Box<Self>, Refusal> {
        let connecting = TcpStream::connect(instance.address());
        let socket = match timeout(instance.limits.connect_timeout, connecting).await {
            Ok(Ok(socket)) => socket,
            Ok(Err(error)) => {
                tracing::debug!(%error, address = %instance.authority, "no connection");
                return Err(Refusal::UpstreamDown);
            }
            Err(_late) => return Err(Refusal::UpstreamTimeout),
        };
        // 40 ms stalls otherwise, when a head and a body leave in two segments.
        socket
            .set_nodelay(true)
            .map_err(|_| Refusal::UpstreamDown)?;
        let (sender, connection) = http1::Builder::new()
            .max_header_size(MAX_ANSWER_HEAD_BYTES)
            .max_buf_size(READ_BUFFER_BYTES)
            .handshake(TokioIo::new(socket))
            .await
            .map_err(|_| Refusal::UpstreamDown)?;
        Ok(Box::new(Self {
            sender,
            connection,
            deadline: Deadline::default(),
            idle_since: Instant::now(),
            ended: false,
        }))
    }

    /// Moves the connection on; true once it is over.
    pub(super) fn drive(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.ended {
            match Pin::new(&mut self.connection).poll(cx) {
                Poll::Pending => {}
                Poll::Ready(outcome) => {
                    self.ended = true;
                    if let Err(error) = outcome {
                        tracing::debug!(%error, "upstream connection ended");
                    }
                }
            }
        }
        self.ended
    }

    /// The socket, and what was read from it after the last answer.
    pub(super) fn into_socket(self) -> (TcpStream, Bytes) {
        let parts = self.connection.into_parts();
        (parts.io.into_inner(), parts.read_buf)
    }

    /// Whether an idle connection is still good for a request: open, and nothing came unasked.
    pub(super) fn is_usable(&mut self) -> bool {
        let mut quiet = Context::from_waker(Waker::noop());
        !self.drive(&mut quiet) && self.sender.is_ready()
    }
}
