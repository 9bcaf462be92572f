//! The idle connections of one worker to one upstream, and how a request gets one.

use super::Upstream;
use super::exchange::{AnswerStream, Failure, Terms, exchange};
use super::link::Link;
use crate::refusal::Refusal;
use crate::request_body::RequestBody;
use http::{Request, Response};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout};

type Links = Vec<Box<Link>>;

/// The idle connections of one worker to one upstream.
pub(crate) struct Pool {
    upstream: Arc<Upstream>,
    #[expect(clippy::vec_box, reason = "a link is boxed once and moved many times")]
    idle: Mutex<Vec<Box<Link>>>,
}

impl Pool {
    /// An empty pool.
    pub(crate) fn new(upstream: Arc<Upstream>) -> Self {
        Self {
            upstream,
            idle: Mutex::new(Vec::new()),
        }
    }

    /// The upstream that the connections lead to.
    pub(crate) fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// Sends a request and waits for the head of the answer.
    ///
    /// A request on a kept-alive connection that closes under it is sent once more, on a new
    /// connection, if nothing of it was written or if it may be repeated (RFC 9110 §9.2.2).
    pub(crate) async fn send(
        self: &Arc<Self>,
        request: Request<RequestBody>,
        terms: Terms,
    ) -> Result<Response<AnswerStream>, Refusal> {
        let outcome = self.try_send(request, terms).await;
        match &outcome {
            Ok(_) => self.upstream.note(false),
            // What the client did wrong, and a full house, say nothing against the upstream.
            Err(refusal) if refusal.code().status() >= 500 && *refusal != Refusal::UpstreamBusy => {
                self.upstream.note(true);
            }
            Err(_) => {}
        }
        outcome
    }

    async fn try_send(
        self: &Arc<Self>,
        request: Request<RequestBody>,
        terms: Terms,
    ) -> Result<Response<AnswerStream>, Refusal> {
        let slot = self.slot().await?;
        let Some(kept) = self.take_idle() else {
            let fresh = Link::open(&self.upstream).await?;
            let sent = exchange(fresh, request, &terms).await;
            return self.conclude(sent, slot, terms);
        };
        let spare = terms.may_repeat.then(|| head_of(&request));
        let sent = exchange(kept, request, &terms).await;
        let again = match sent {
            Err(Failure::Unsent(request)) => *request,
            Err(Failure::Closed) => spare.ok_or(Refusal::UpstreamBroken)?,
            other => return self.conclude(other, slot, terms),
        };
        let fresh = Link::open(&self.upstream).await?;
        let sent = exchange(fresh, again, &terms).await;
        self.conclude(sent, slot, terms)
    }

    fn conclude(
        self: &Arc<Self>,
        sent: Result<(Response<hyper::body::Incoming>, Box<Link>), Failure>,
        slot: OwnedSemaphorePermit,
        terms: Terms,
    ) -> Result<Response<AnswerStream>, Refusal> {
        let (response, link) = sent.map_err(|failure| failure.refusal())?;
        Ok(response.map(|body| AnswerStream::new(body, link, Arc::clone(self), slot, terms)))
    }

    /// Waits its turn when every connection is in use, as long as connecting may take.
    async fn slot(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        let slots = Arc::clone(&self.upstream.slots);
        if let Ok(slot) = Arc::clone(&slots).try_acquire_owned() {
            return Ok(slot);
        }
        match timeout(self.upstream.connect_timeout, slots.acquire_owned()).await {
            Ok(Ok(slot)) => Ok(slot),
            _ => Err(Refusal::UpstreamBusy),
        }
    }

    /// The connection used last is the one least likely to have been closed meanwhile.
    fn take_idle(&self) -> Option<Box<Link>> {
        loop {
            let mut link = self.idle().pop()?;
            if link.idle_since.elapsed() < self.upstream.keep_alive && link.is_usable() {
                return Some(link);
            }
        }
    }

    /// Keeps a connection for the next request, unless enough are kept already.
    pub(super) fn put_back(&self, mut link: Box<Link>) {
        link.deadline.clear();
        link.idle_since = Instant::now();
        let mut idle = self.idle();
        if idle.len() < self.upstream.max_idle {
            idle.push(link);
        }
    }

    /// Drops connections that are too old or were closed; called once a second.
    pub(crate) fn sweep(&self) {
        let keep_alive = self.upstream.keep_alive;
        self.idle()
            .retain_mut(|link| link.idle_since.elapsed() < keep_alive && link.is_usable());
    }

    fn idle(&self) -> MutexGuard<'_, Links> {
        // A panic while the list was held leaves a list that is still a list.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The same request again; only requests without a body are repeated.
fn head_of(request: &Request<RequestBody>) -> Request<RequestBody> {
    let mut copy = Request::new(RequestBody::default());
    request.method().clone_into(copy.method_mut());
    request.uri().clone_into(copy.uri_mut());
    request.headers().clone_into(copy.headers_mut());
    copy
}
