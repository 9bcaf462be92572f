//! One request and its answer on one connection.

use super::doubt::{Doubt, Look};
use super::instance::Slot;
use super::link::Link;
use super::onward::Onward;
use super::receiving::NoHead;
use crate::refusal::Refusal;
use crate::request_body::Progress;
use bytes::Bytes;
use http::{HeaderValue, Response};
use http_body::{Body, Frame, SizeHint};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::Instant;

/// On what terms a request is sent.
#[derive(Debug)]
pub(crate) struct Terms {
    /// When it set out.
    pub(crate) begun: Instant,
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
    Unsent,
    /// The connection was closed before an answer came.
    Closed,
    /// The instance was found bad while it was waited for; there is room here.
    BetterOff(Slot),
    /// Anything else.
    Refused(Refusal),
}

/// An answer's head, and the connection that it came over.
pub(super) type Answered = (Response<()>, Box<Link>);

/// Sends a request to an instance of that name, which is told how long it has, and waits for the head of the answer as
/// long as the terms say.
pub(super) async fn exchange(
    mut link: Box<Link>,
    onward: &mut Onward<'_>,
    (host, left): (&HeaderValue, Duration),
    terms: &Terms,
    doubt: Option<Doubt<'_>>,
) -> Result<Answered, Failure> {
    link.begin(onward, host, left);
    let mut patience = Patience::begin(&mut link, terms, doubt);
    let method = &onward.method;
    let outcome = poll_fn(|cx| match link.poll_answer(method, cx) {
        Poll::Pending => patience.poll_over(&mut link, cx).map(Err),
        Poll::Ready(answer) => Poll::Ready(Ok(answer)),
    })
    .await;
    if let Some(refusal) = terms.progress.as_ref().and_then(|body| body.failure()) {
        return Err(Failure::Refused(refusal));
    }
    match outcome? {
        Ok(response) => Ok((response, link)),
        Err(NoHead::Broken) => Err(Failure::Refused(Refusal::UpstreamBroken)),
        Err(NoHead::Closed) => Err(match link.take_unsent() {
            Some(body) => {
                onward.body = body;
                Failure::Unsent
            }
            None => Failure::Closed,
        }),
    }
}

/// How long the head of an answer is waited for.
struct Patience<'a> {
    terms: &'a Terms,
    end: Instant,
    doubt: Option<Doubt<'a>>,
}

impl<'a> Patience<'a> {
    fn begin(link: &mut Link, terms: &'a Terms, doubt: Option<Doubt<'a>>) -> Self {
        let end = terms.begun + terms.answer_timeout;
        let begins = doubt.as_ref().map(Doubt::begins);
        link.deadline
            .set(begins.map_or(end, |begins| begins.min(end)));
        Self { terms, end, doubt }
    }

    /// The upstream is late only when it has the whole request, or does not take what is there.
    fn poll_over(&mut self, link: &mut Link, cx: &mut Context<'_>) -> Poll<Failure> {
        loop {
            ready!(link.deadline.poll_passed(cx));
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

/// The body of an answer. It reads its connection, and gives it back when the answer is complete.
pub(crate) struct AnswerStream {
    link: Option<Box<Link>>,
    slot: Slot,
    body_idle_timeout: Duration,
}

/// An answer that ended before its end.
#[derive(Debug, thiserror::Error)]
#[error("the upstream's answer was cut short")]
pub(crate) struct CutShort;

impl AnswerStream {
    pub(super) fn new(mut link: Box<Link>, slot: Slot, terms: &Terms) -> Self {
        link.deadline.clear();
        Self {
            link: Some(link),
            slot,
            body_idle_timeout: terms.body_idle_timeout,
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
    pub(crate) fn take_socket(&mut self) -> Option<(TcpStream, Bytes)> {
        self.link.take().map(|link| link.into_socket())
    }
}

impl Body for AnswerStream {
    type Data = Bytes;
    type Error = CutShort;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutShort>>> {
        let idle = self.body_idle_timeout;
        let Some(link) = &mut self.link else {
            return Poll::Ready(Some(Err(CutShort)));
        };
        match link.poll_piece(cx) {
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Ready(Some(Ok(piece))) => {
                link.deadline.clear();
                Poll::Ready(Some(Ok(Frame::data(piece))))
            }
            Poll::Ready(Some(Err(error))) => {
                tracing::debug!(%error, "an upstream's answer was cut short");
                self.distrust();
                Poll::Ready(Some(Err(CutShort)))
            }
            Poll::Pending => {
                if !link.deadline.is_set() {
                    link.deadline.set(Instant::now() + idle);
                }
                ready!(link.deadline.poll_passed(cx));
                self.distrust();
                Poll::Ready(Some(Err(CutShort)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.is_over())
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.link.as_ref().and_then(|link| link.length());
        length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl Drop for AnswerStream {
    fn drop(&mut self) {
        if let Some(link) = self.link.take_if(|link| link.may_be_kept()) {
            self.slot.put_back(link);
        }
    }
}
