//! One request and its answer on one connection.

use super::instance::Slot;
use super::link::Link;
use crate::refusal::Refusal;
use crate::request_body::{Progress, RequestBody};
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::error::Error as _;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

/// The library lets go of the socket as soon as it has read the answer.
const SWITCH_TIMEOUT: Duration = Duration::from_secs(1);

/// On what terms a request is sent.
#[derive(Debug)]
pub(crate) struct Terms {
    /// For the head of the answer, once the request is sent.
    pub(crate) answer_timeout: Duration,
    /// Without progress in the body of the answer.
    pub(crate) body_idle_timeout: Duration,
    /// Whether sending it twice does no harm.
    pub(crate) may_repeat: bool,
    /// How the body is getting on, if there is one.
    pub(crate) progress: Option<Arc<Progress>>,
}

/// Why there is no answer.
pub(super) enum Failure {
    /// The connection was closed before anything was written.
    Unsent(Box<Request<RequestBody>>),
    /// The connection was closed before an answer came.
    Closed,
    /// Anything else.
    Refused(Refusal),
}

/// Sends a request and waits for the head of the answer, as long as there is time left.
pub(super) async fn exchange(
    mut link: Box<Link>,
    request: Request<RequestBody>,
    terms: &Terms,
    left: Duration,
) -> Result<(Response<Incoming>, Box<Link>), Failure> {
    link.deadline.set(Instant::now() + left);
    let mut answer = pin!(link.sender.try_send_request(request));
    let outcome = poll_fn(|cx| {
        let ended = link.drive(cx);
        // The connection was driven just now, in this task: the answer needs to wake nobody.
        let mut quiet = Context::from_waker(Waker::noop());
        match answer.as_mut().poll(&mut quiet) {
            Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
            Poll::Pending if ended => Poll::Ready(None),
            Poll::Pending => poll_late(&mut link, terms, cx).map(|()| None),
        }
    })
    .await;
    if let Some(refusal) = terms.progress.as_ref().and_then(|body| body.failure()) {
        return Err(Failure::Refused(refusal));
    }
    match outcome {
        Some(Ok(response)) => Ok((response, link)),
        Some(Err(mut error)) => Err(match error.take_message() {
            Some(request) => Failure::Unsent(Box::new(request)),
            None => classify(error.error()),
        }),
        None => Err(Failure::Refused(Refusal::UpstreamTimeout)),
    }
}

/// The upstream is late only when it has the whole request, or does not take what is there.
fn poll_late(link: &mut Link, terms: &Terms, cx: &mut Context<'_>) -> Poll<()> {
    loop {
        std::task::ready!(link.deadline.poll_passed(cx));
        let blameless = terms
            .progress
            .as_ref()
            .is_some_and(|body| !body.is_done() && body.waits_for_client());
        if !blameless {
            return Poll::Ready(());
        }
        link.deadline.set(Instant::now() + terms.answer_timeout);
    }
}

fn classify(error: &hyper::Error) -> Failure {
    let cut = error
        .source()
        .and_then(|cause| cause.downcast_ref())
        .is_some_and(|io: &io::Error| {
            matches!(
                io.kind(),
                io::ErrorKind::ConnectionReset
                    | io::ErrorKind::BrokenPipe
                    | io::ErrorKind::ConnectionAborted
            )
        });
    if cut || error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        Failure::Closed
    } else {
        Failure::Refused(Refusal::UpstreamBroken)
    }
}

/// The body of an answer. It drives its connection, and gives it back when the answer is complete.
pub(crate) struct AnswerStream {
    incoming: Incoming,
    link: Option<Box<Link>>,
    slot: Slot,
    terms: Terms,
    complete: bool,
}

/// An answer that ended before its end.
#[derive(Debug, thiserror::Error)]
#[error("the upstream's answer was cut short")]
pub(crate) struct CutShort;

impl AnswerStream {
    pub(super) fn new(incoming: Incoming, mut link: Box<Link>, slot: Slot, terms: Terms) -> Self {
        link.deadline.clear();
        Self {
            incoming,
            link: Some(link),
            slot,
            terms,
            complete: false,
        }
    }

    /// The host and port of the instance that answers.
    pub(crate) fn instance(&self) -> &'static str {
        self.slot.instance.name
    }

    /// Gives up the connection: what came over it cannot be trusted.
    pub(crate) fn distrust(&mut self) {
        self.link = None;
    }

    /// The socket under an answer that switches protocols, and what came over it already. The slot
    /// stays with the stream.
    pub(crate) async fn take_socket(&mut self) -> Option<(TcpStream, Bytes)> {
        let mut link = self.link.take()?;
        let ended = poll_fn(|cx| {
            if link.drive(cx) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        });
        timeout(SWITCH_TIMEOUT, ended).await.ok()?;
        Some(link.into_socket())
    }

    fn poll_incoming(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutShort>>> {
        let mut quiet = Context::from_waker(Waker::noop());
        if let Poll::Ready(frame) = Pin::new(&mut self.incoming).poll_frame(&mut quiet) {
            return Poll::Ready(frame.map(|frame| frame.map_err(|_| CutShort)));
        }
        let Some(link) = &mut self.link else {
            return Poll::Ready(Some(Err(CutShort)));
        };
        let ended = link.drive(cx);
        if let Poll::Ready(frame) = Pin::new(&mut self.incoming).poll_frame(&mut quiet) {
            return Poll::Ready(frame.map(|frame| frame.map_err(|_| CutShort)));
        }
        if ended {
            return Poll::Ready(Some(Err(CutShort)));
        }
        if !link.deadline.is_set() {
            link.deadline
                .set(Instant::now() + self.terms.body_idle_timeout);
        }
        link.deadline.poll_passed(cx).map(|()| Some(Err(CutShort)))
    }
}

impl Body for AnswerStream {
    type Data = Bytes;
    type Error = CutShort;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutShort>>> {
        match std::task::ready!(self.poll_incoming(cx)) {
            Some(Ok(frame)) => {
                if let Some(link) = &mut self.link {
                    link.deadline.clear();
                }
                // Trailers are not forwarded; after them there is nothing.
                let data = frame.into_data().ok();
                self.complete = data.is_none();
                Poll::Ready(data.map(|data| Ok(Frame::data(data))))
            }
            Some(Err(error)) => {
                self.distrust();
                Poll::Ready(Some(Err(error)))
            }
            None => {
                self.complete = true;
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl Drop for AnswerStream {
    fn drop(&mut self) {
        let sent = self
            .terms
            .progress
            .as_ref()
            .is_none_or(|body| body.is_done());
        if sent
            && (self.complete || self.incoming.is_end_stream())
            && let Some(link) = self.link.take()
        {
            self.slot.put_back(link);
        }
    }
}
