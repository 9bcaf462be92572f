//! One connection to an upstream, driven by whoever uses it.
//!
//! There is no task behind a connection: the request that holds it writes and reads it itself. That saves two
//! wake-ups a request, and a connection that was closed while idle is seen before a request is put on it.

use super::instance::Instance;
use super::onward::Onward;
use super::receiving::{NoHead, Receiving};
use super::sending::Sending;
use crate::deadline::Deadline;
use crate::refusal::Refusal;
use crate::request_body::RequestBody;
use bytes::Bytes;
use http::{HeaderValue, Method, Response};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

/// A connection to an upstream.
pub(super) struct Link {
    socket: TcpStream,
    sending: Sending,
    receiving: Receiving,
    pub(super) deadline: Deadline,
    pub(super) idle_since: Instant,
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
        Ok(Box::new(Self {
            socket,
            sending: Sending::default(),
            receiving: Receiving::default(),
            deadline: Deadline::default(),
            idle_since: Instant::now(),
        }))
    }

    /// Takes a request to be sent to the instance of that name, which has so long to answer.
    pub(super) fn begin(&mut self, onward: &mut Onward<'_>, host: &HeaderValue, left: Duration) {
        self.sending.begin(onward, host, left);
    }

    /// The body of the request, if nothing of the request has left.
    pub(super) fn take_unsent(&mut self) -> Option<RequestBody> {
        self.sending.take_unsent()
    }

    /// Sends what there is of the request, and reads the head of the answer.
    pub(super) fn poll_answer(
        &mut self,
        method: &Method,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Response<()>, NoHead>> {
        let sent = self.poll_send(cx);
        match self.receiving.poll_head(&mut self.socket, method, cx) {
            // Who hung up may have answered before; otherwise nothing more will come.
            Poll::Pending if matches!(sent, Poll::Ready(Err(_))) => {
                Poll::Ready(Err(NoHead::Closed))
            }
            polled => polled,
        }
    }

    /// The next piece of the answer's body, while the rest of the request goes on being sent.
    pub(super) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if let Poll::Ready(Err(error)) = self.poll_send(cx) {
            tracing::debug!(%error, "an upstream answered and did not take the whole request");
        }
        self.receiving.poll_piece(&mut self.socket, cx)
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.sending.is_done() {
            return Poll::Ready(Ok(()));
        }
        self.sending.poll(Pin::new(&mut self.socket), cx)
    }

    /// Whether the whole answer has come.
    pub(super) fn is_over(&self) -> bool {
        self.receiving.is_over()
    }

    /// How much of the answer's body is to come, if that is known.
    pub(super) fn length(&self) -> Option<u64> {
        self.receiving.length()
    }

    /// Whether another request may follow: all was sent, and no more has come than belongs to the answer.
    pub(super) fn may_be_kept(&self) -> bool {
        self.sending.is_done() && self.receiving.may_follow()
    }

    /// Gives back what an idle connection needs no more.
    pub(super) fn rest(&mut self) {
        self.deadline.clear();
        self.receiving.rest();
    }

    /// Whether an idle connection is still good for a request: open, and nothing came unasked.
    pub(super) fn is_usable(&self) -> bool {
        let read = self.socket.try_read(&mut [0]);
        read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// The socket, and what was read from it after the answer.
    pub(super) fn into_socket(self) -> (TcpStream, Bytes) {
        (self.socket, self.receiving.into_unread())
    }
}
