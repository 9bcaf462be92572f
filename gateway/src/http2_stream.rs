//! Time on an HTTP/2 connection: clients that do not read their answers, and idle connections.
//!
//! The library asks for more of an answer only when the client has room for it. So a clock runs
//! from the handing over of a piece to the next question, by the same rule as `pace`; and the
//! connection looks at its clocks now and then, because the library has none.

use crate::answer::AnswerBody;
use crate::upstream::CutShort;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// All answers of one connection.
pub(crate) struct Clocks {
    begin: Instant,
    idle: Duration,
    bytes_per_second: u32,
    running: Mutex<Vec<Weak<Clock>>>,
}

/// Until when the client may leave a piece of an answer; `NEVER` while it has everything there is.
struct Clock(AtomicU64);

const NEVER: u64 = u64::MAX;

/// What a connection is doing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// No request is on its way.
    Idle,
    /// Requests are on their way.
    Busy,
    /// A client does not read an answer.
    Stuck,
}

impl Clocks {
    /// No answers yet.
    pub(crate) fn new(idle: Duration, bytes_per_second: u32) -> Self {
        Self {
            begin: Instant::now(),
            idle,
            bytes_per_second,
            running: Mutex::default(),
        }
    }

    /// A place for the answer to a request that begins now.
    pub(crate) fn begin(self: &Arc<Self>) -> Ticket {
        let clock = Arc::new(Clock(AtomicU64::new(NEVER)));
        self.lock().push(Arc::downgrade(&clock));
        Ticket {
            clocks: Arc::clone(self),
            clock,
            left: self.idle,
            handed: None,
        }
    }

    /// Looks at all answers.
    pub(crate) fn look(&self) -> State {
        let now = self.now_ms();
        let mut stuck = false;
        let mut running = self.lock();
        running.retain(|clock| {
            clock.upgrade().is_some_and(|clock| {
                stuck |= clock.0.load(Ordering::Relaxed) <= now;
                true
            })
        });
        match (stuck, running.is_empty()) {
            (true, _) => State::Stuck,
            (false, true) => State::Idle,
            (false, false) => State::Busy,
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.begin.elapsed().as_millis()).unwrap_or(NEVER - 1)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Weak<Clock>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request's place among those on their way.
pub(crate) struct Ticket {
    clocks: Arc<Clocks>,
    clock: Arc<Clock>,
    left: Duration,
    handed: Option<(Instant, usize)>,
}

impl Ticket {
    fn hand_over(&mut self, bytes: usize) {
        self.handed = Some((Instant::now(), bytes));
        let left = u64::try_from(self.left.as_millis()).unwrap_or(NEVER - 1);
        let until = self.clocks.now_ms().saturating_add(left);
        self.clock.0.store(until, Ordering::Relaxed);
    }

    fn asked_again(&mut self) {
        let Some((since, bytes)) = self.handed.take() else {
            return;
        };
        self.clock.0.store(NEVER, Ordering::Relaxed);
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let earned = Duration::from_secs(1).saturating_mul(bytes) / self.clocks.bytes_per_second;
        self.left = self
            .left
            .saturating_sub(since.elapsed())
            .saturating_add(earned)
            .min(self.clocks.idle);
    }
}

/// The body of an answer with its clock.
pub(crate) struct ClockedBody {
    body: AnswerBody,
    ticket: Ticket,
}

impl ClockedBody {
    /// Puts a clock on a body.
    pub(crate) const fn new(body: AnswerBody, ticket: Ticket) -> Self {
        Self { body, ticket }
    }
}

impl Body for ClockedBody {
    type Data = Bytes;
    type Error = CutShort;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutShort>>> {
        self.ticket.asked_again();
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            self.ticket.hand_over(bytes);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
