//! Time on an HTTP/2 connection: clients that do not read their answers, and idle connections.
//!
//! The library asks for more of an answer only when the client has room for it. So a clock runs
//! from the handing over of a piece to the next question, by the same rule as `pace`, and after the
//! last piece until the library has written it and lets go of it. The connection looks at its
//! clocks now and then, because the library has none.

use crate::answer::AnswerBody;
use crate::upstream::CutShort;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

/// The library takes a piece whole as soon as the client has room for one byte of it, and holds it.
const PIECE_BYTES: usize = 16 * 1024;
/// So many requests may be taken back before their answer; more only while others are answered.
const MAX_TAKEN_BACK: u64 = 200;

/// All answers of one connection.
pub(crate) struct Clocks {
    begin: Instant,
    idle: Duration,
    bytes_per_second: u32,
    running: Mutex<Vec<Weak<Clock>>>,
    begun: AtomicU64,
    begun_when_looked: AtomicU64,
    taken_back: AtomicU64,
}

/// Until when the client may leave a piece of an answer; `NEVER` while it has everything there is.
struct Clock(AtomicU64);

const NEVER: u64 = u64::MAX;

/// What a connection is doing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// No request is on its way, and none came since the last look.
    Idle,
    /// Requests are on their way, or were.
    Busy,
    /// A client does not read an answer, or takes most of its requests back.
    Hopeless,
}

impl Clocks {
    /// No answers yet.
    pub(crate) fn new(idle: Duration, bytes_per_second: u32) -> Self {
        Self {
            begin: Instant::now(),
            idle,
            bytes_per_second,
            running: Mutex::default(),
            begun: AtomicU64::default(),
            begun_when_looked: AtomicU64::default(),
            taken_back: AtomicU64::default(),
        }
    }

    /// A place for the answer to a request that begins now.
    pub(crate) fn begin(self: &Arc<Self>) -> Ticket {
        let clock = Arc::new(Clock(AtomicU64::new(NEVER)));
        self.lock().push(Arc::downgrade(&clock));
        self.begun.fetch_add(1, Ordering::Relaxed);
        Ticket {
            clocks: Arc::clone(self),
            clock,
            left: self.idle,
            handed: None,
            answered: false,
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
        let begun = self.begun.load(Ordering::Relaxed);
        let idle = self.begun_when_looked.swap(begun, Ordering::Relaxed) == begun;
        let taken_back = self.taken_back.load(Ordering::Relaxed);
        if stuck || taken_back > MAX_TAKEN_BACK.max(begun / 2) {
            State::Hopeless
        } else if idle && running.is_empty() {
            State::Idle
        } else {
            State::Busy
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
    answered: bool,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.answered {
            self.clocks.taken_back.fetch_add(1, Ordering::Relaxed);
        }
    }
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

/// A piece that the library has not written yet: as long as it is there, its clock is looked at.
struct Unwritten {
    bytes: Bytes,
    _clock: Arc<Clock>,
}

impl AsRef<[u8]> for Unwritten {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// The body of an answer with its clock.
pub(crate) struct ClockedBody {
    body: AnswerBody,
    /// What has come and was not handed over yet.
    rest: Bytes,
    ticket: Ticket,
}

impl ClockedBody {
    /// Puts a clock on a body.
    pub(crate) fn new(body: AnswerBody, mut ticket: Ticket) -> Self {
        ticket.answered = true;
        Self {
            body,
            rest: Bytes::new(),
            ticket,
        }
    }

    fn next_piece(&mut self) -> Frame<Bytes> {
        let end = self.rest.len().min(PIECE_BYTES);
        let piece = self.rest.split_to(end);
        self.ticket.hand_over(end);
        Frame::data(Bytes::from_owner(Unwritten {
            bytes: piece,
            _clock: Arc::clone(&self.ticket.clock),
        }))
    }
}

impl Body for ClockedBody {
    type Data = Bytes;
    type Error = CutShort;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutShort>>> {
        let this = &mut *self;
        this.ticket.asked_again();
        if this.rest.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(bytes) => this.rest = bytes,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                over => {
                    // Pieces may be unwritten still.
                    this.ticket.hand_over(0);
                    return Poll::Ready(over);
                }
            }
        }
        Poll::Ready(Some(Ok(this.next_piece())))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        // Asked for before the first piece; later nobody needs it.
        self.body.size_hint()
    }
}
