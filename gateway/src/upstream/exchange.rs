//! One request and its answer on one connection.

use super::doubt::{Doubt, Look};
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
    /// The instance was found bad while it was waited for; there is room here.
    BetterOff(Slot),
    /// Anything else.
    Refused(Refusal),
}

/// Sends a request that was begun then, and waits for the head of the answer as long as its terms say.
pub(super) async fn exchange(
    mut link: Box<Link>,
    request: Box<Request<RequestBody>>,
    terms: &Terms,
    begun: Instant,
    doubt: Option<Doubt<'_>>,
) -> Result<(Response<Incoming>, Box<Link>), Failure> {
    let mut patience = Patience::begin(&mut link, terms, begun, doubt);
    let mut answer = pin!(link.sender.try_send_request(*request));
    let mut is_sent = false;
    let outcome = poll_fn(|cx| {
        // The answer may be there already. Then nobody may be left to be woken: the library wakes whoever drove the
        // connection when the body is looked at, which is this task, and for nothing.
        let may_be_there = std::mem::replace(&mut is_sent, true);
        let mut quiet = Context::from_waker(Waker::noop());
        if may_be_there
            && let Poll::Ready(outcome) = poll_answer(&mut link, answer.as_mut(), &mut quiet)
        {
            return Poll::Ready(outcome);
        }
        match poll_answer(&mut link, answer.as_mut(), cx) {
            Poll::Pending => patience.poll_over(&mut link, cx).map(Err),
            ready @ Poll::Ready(_) => ready,
        }
    })
    .await;
    if let Some(refusal) = terms.progress.as_ref().and_then(|body| body.failure()) {
        return Err(Failure::Refused(refusal));
    }
    match outcome? {
        Ok(response) => Ok((response, link)),
        Err(mut error) => Err(match error.take_message() {
            Some(request) => Failure::Unsent(Box::new(request)),
            None => classify(error.error()),
        }),
    }
}

/// Drives the connection, then looks whether the answer came over it, or none can come any more.
fn poll_answer<A: Future>(
    link: &mut Link,
    answer: Pin<&mut A>,
    cx: &mut Context<'_>,
) -> Poll<Result<A::Output, Failure>> {
    let ended = link.drive(cx);
    // The connection was driven just now, in this task: the answer needs to wake nobody.
    match answer.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => Poll::Ready(Ok(outcome)),
        Poll::Pending if ended => Poll::Ready(Err(Failure::Refused(Refusal::UpstreamTimeout))),
        Poll::Pending => Poll::Pending,
    }
}

/// How long the head of an answer is waited for.
struct Patience<'a> {
    terms: &'a Terms,
    end: Instant,
    doubt: Option<Doubt<'a>>,
}

impl<'a> Patience<'a> {
    fn begin(link: &mut Link, terms: &'a Terms, begun: Instant, doubt: Option<Doubt<'a>>) -> Self {
        let end = begun + terms.answer_timeout;
        let begins = doubt.as_ref().map(Doubt::begins);
        link.deadline
            .set(begins.map_or(end, |begins| begins.min(end)));
        Self { terms, end, doubt }
    }

    /// The upstream is late only when it has the whole request, or does not take what is there.
    fn poll_over(&mut self, link: &mut Link, cx: &mut Context<'_>) -> Poll<Failure> {
        loop {
            std::task::ready!(link.deadline.poll_passed(cx));
            let now = Instant::now();
            let body = self.terms.progress.as_ref();
            if body.is_some_and(|body| !body.is_done() && body.waits_for_client()) {
                self.end = now + self.terms.answer_timeout;
            } else if now >= self.end {
                return Poll::Ready(Failure::Refused(Refusal::UpstreamTimeout));
            }
            let next = match self.doubt.as_mut().map(Doubt::look) {
                Some(Look::Leave(slot)) => return Poll::Ready(Failure::BetterOff(slot)),
                Some(Look::WaitUntil(next)) => next.min(self.end),
                None => self.end,
            };
            link.deadline.set(next);
        }
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

type NextFrame = Result<Frame<Bytes>, CutShort>;

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

    /// The instance answered, if that is to be known.
    pub(super) fn note_answer(&self, now_ms: u64) {
        self.slot.instance.note_answer(now_ms);
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

    fn poll_incoming(&mut self, cx: &mut Context<'_>) -> Poll<Option<NextFrame>> {
        let mut quiet = Context::from_waker(Waker::noop());
        if let Poll::Ready(frame) = self.poll_arrived() {
            return Poll::Ready(frame);
        }
        // First without leaving anybody to be woken, as in `exchange`.
        if let Poll::Ready(frame) = self.poll_driven(&mut quiet) {
            return Poll::Ready(frame);
        }
        if let Poll::Ready(frame) = self.poll_driven(cx) {
            return Poll::Ready(frame);
        }
        let Some(link) = &mut self.link else {
            return Poll::Ready(Some(Err(CutShort)));
        };
        if !link.deadline.is_set() {
            link.deadline
                .set(Instant::now() + self.terms.body_idle_timeout);
        }
        link.deadline.poll_passed(cx).map(|()| Some(Err(CutShort)))
    }

    /// What the connection has delivered.
    fn poll_arrived(&mut self) -> Poll<Option<NextFrame>> {
        let mut quiet = Context::from_waker(Waker::noop());
        let polled = Pin::new(&mut self.incoming).poll_frame(&mut quiet);
        polled.map(|frame| frame.map(|frame| frame.map_err(|_| CutShort)))
    }

    /// Moves the connection on, then looks what it delivered.
    fn poll_driven(&mut self, cx: &mut Context<'_>) -> Poll<Option<NextFrame>> {
        let ended = self.link.as_mut().is_none_or(|link| link.drive(cx));
        match self.poll_arrived() {
            Poll::Pending if ended => Poll::Ready(Some(Err(CutShort))),
            polled => polled,
        }
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
