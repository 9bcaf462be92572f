//! The socket as the HTTP library sees it: only judged heads, and no endless waiting.
//!
//! A head is handed on when it is complete and was judged. A refused one is replaced by a request
//! with the method `REFUSED`, which no client can send, so that the refusal is answered in its turn
//! and through the same code as every other answer.

use crate::deadline::Deadline;
use crate::framing::Tracker;
use crate::head::HeadLimits;
use crate::pace::Pace;
use crate::refusal::Refusal;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// The method of the request that stands in for a refused head.
pub(crate) const REFUSED_METHOD: &str = "REFUSED";

/// How long and how much is read after the last answer, so that the answer is not lost to a reset.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 4 << 20;

/// How long a connection may take over what it does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamTimes {
    /// From the first byte of a head, or from the start of the connection, to the head's end.
    pub(crate) head: Duration,
    /// Without progress while a body is read or an answer written.
    pub(crate) idle: Duration,
    /// What a body or an answer must move at the least, seen over an idle period.
    pub(crate) bytes_per_second: u32,
    /// From the end of a head to the end of its body.
    pub(crate) body: Duration,
    /// Between two requests.
    pub(crate) keep_alive: Duration,
}

/// Whether a request of the connection is being worked on; shared with the service.
pub(crate) type InFlight = Arc<AtomicBool>;

/// A client's connection.
#[derive(Debug)]
pub(crate) struct GuardedStream<S> {
    socket: S,
    tracker: Tracker,
    times: StreamTimes,
    in_flight: InFlight,
    /// Bytes read but not handed on: an incomplete head, or what follows one.
    held: Vec<u8>,
    /// How many of the held bytes are judged and may go.
    judged: usize,
    served_any: bool,
    closing: bool,
    body_failure: Option<Refusal>,
    /// For a head, or for the pause before one.
    read_deadline: Deadline,
    body_pace: Pace,
    body_end: Option<Instant>,
    answer_pace: Pace,
    lingered: usize,
    shut: bool,
}

impl<S> GuardedStream<S> {
    /// Guards a fresh connection, plain or decrypted.
    pub(crate) fn new(
        socket: S,
        limits: HeadLimits,
        times: StreamTimes,
        in_flight: InFlight,
    ) -> Self {
        Self {
            socket,
            tracker: Tracker::new(limits),
            times,
            in_flight,
            held: Vec::new(),
            judged: 0,
            served_any: false,
            closing: false,
            body_failure: None,
            read_deadline: Deadline::default(),
            body_pace: Pace::new(times.idle, times.bytes_per_second),
            body_end: None,
            answer_pace: Pace::new(times.idle, times.bytes_per_second),
            lingered: 0,
            shut: false,
        }
    }

    /// The bare socket, when nothing that came over it is left unread.
    pub(crate) fn into_socket(self) -> Option<S> {
        (self.held.is_empty() && !self.closing).then_some(self.socket)
    }

    /// Whether no byte of the next head has come.
    fn between(&self) -> bool {
        self.held.is_empty() && self.tracker.in_head()
    }

    /// Judges what was read into `buf` after `start`, keeping back what is not complete.
    fn take_in(&mut self, buf: &mut ReadBuf<'_>, start: usize) {
        let fresh = buf.filled().get(start..).unwrap_or_default();
        if self.held.is_empty() {
            let progress = self.tracker.follow(fresh);
            self.served_any |= progress.passed > 0;
            if progress.passed < fresh.len() && progress.refused.is_none() {
                self.held
                    .extend_from_slice(fresh.get(progress.passed..).unwrap_or_default());
            }
            buf.set_filled(start.saturating_add(progress.passed));
            self.note_refusal(progress.refused);
        } else {
            self.held.extend_from_slice(fresh);
            buf.set_filled(start);
            let progress = self.tracker.follow(&self.held);
            self.served_any |= progress.passed > 0;
            self.judged = progress.passed;
            self.note_refusal(progress.refused);
        }
    }

    /// Puts the stand-in for a refused head after what may still go.
    fn note_refusal(&mut self, refused: Option<Refusal>) {
        let Some(refusal) = refused else { return };
        if self.tracker.in_head() {
            self.held.truncate(self.judged);
            self.held.extend_from_slice(
                format!(
                    "{REFUSED_METHOD} /{} HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n",
                    refusal.label()
                )
                .as_bytes(),
            );
            self.judged = self.held.len();
        } else {
            self.body_failure = Some(refusal);
        }
        self.closing = true;
    }

    fn hand_on(&mut self, buf: &mut ReadBuf<'_>) {
        let count = self.judged.min(buf.remaining());
        buf.put_slice(self.held.get(..count).unwrap_or_default());
        self.judged = self.judged.saturating_sub(count);
        self.held.drain(..count);
        if self.held.is_empty() {
            // An idle connection holds no buffer.
            self.held = Vec::new();
        }
    }

    /// Nothing came: is it too late?
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.tracker.in_head() {
            ready!(self.body_pace.poll_late(cx, self.body_end));
            self.closing = true;
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let between = self.between();
        let patience = if between && self.served_any {
            self.times.keep_alive
        } else {
            self.times.head
        };
        if !self.read_deadline.is_set() {
            self.read_deadline.set(Instant::now() + patience);
        }
        ready!(self.read_deadline.poll_passed(cx));
        if between {
            if self.in_flight.load(Ordering::Relaxed) {
                // The client waits for us, not we for it.
                self.read_deadline.set(Instant::now() + patience);
                return self.read_deadline.poll_passed(cx).map(Ok);
            }
            // Nobody waits for an answer: close without one.
            self.closing = true;
            return Poll::Ready(Ok(()));
        }
        self.note_refusal(Some(Refusal::HeadTimeout));
        Poll::Pending
    }

    /// The deadline for a head stands until the head is complete; a body has its pace.
    fn note_read(&mut self, count: usize, before: Before) {
        let in_head = self.tracker.in_head();
        let head_done = before.in_head && self.held.is_empty();
        if before.between || head_done || before.in_head != in_head {
            self.read_deadline.clear();
        }
        if in_head {
            return;
        }
        if before.heads == self.tracker.heads() {
            self.body_pace.note(count);
        } else {
            self.body_pace.begin();
            self.body_end = Some(Instant::now() + self.times.body);
        }
    }

    fn note_written(&mut self, count: usize) {
        // The library does not read again before something comes, so the pause between two requests
        // is counted from the last byte of an answer.
        if self.served_any && self.read_deadline.is_set() && self.between() {
            self.read_deadline
                .set(Instant::now() + self.times.keep_alive);
        }
        self.answer_pace.note(count);
    }

    fn poll_write_late<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        ready!(self.answer_pace.poll_late(cx, None));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn before_reading(&self) -> Before {
        Before {
            in_head: self.tracker.in_head(),
            between: self.between(),
            heads: self.tracker.heads(),
        }
    }
}

/// Where the connection was before something was read.
#[derive(Clone, Copy)]
struct Before {
    in_head: bool,
    between: bool,
    heads: u64,
}

impl<S: AsyncRead + Unpin> AsyncRead for GuardedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let start = buf.filled().len();
        loop {
            if this.judged > 0 {
                this.hand_on(buf);
                return Poll::Ready(Ok(()));
            }
            if this.body_failure.take().is_some() {
                return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
            }
            if this.closing {
                return Poll::Pending;
            }
            match Pin::new(&mut this.socket).poll_read(cx, buf) {
                Poll::Ready(Ok(())) => {
                    let count = buf.filled().len().saturating_sub(start);
                    if count == 0 {
                        return Poll::Ready(Ok(()));
                    }
                    let before = this.before_reading();
                    this.take_in(buf, start);
                    this.note_read(count, before);
                    if buf.filled().len() > start {
                        return Poll::Ready(Ok(()));
                    }
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    let late = this.poll_late(cx);
                    if this.judged == 0 {
                        return late;
                    }
                }
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for GuardedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.socket).poll_write(cx, bytes) {
            Poll::Ready(Ok(count)) => {
                self.note_written(count);
                Poll::Ready(Ok(count))
            }
            Poll::Pending => self.poll_write_late(cx),
            failed @ Poll::Ready(Err(_)) => failed,
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.socket).poll_write_vectored(cx, slices) {
            Poll::Ready(Ok(count)) => {
                self.note_written(count);
                Poll::Ready(Ok(count))
            }
            Poll::Pending => self.poll_write_late(cx),
            failed @ Poll::Ready(Err(_)) => failed,
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A plain socket has nothing to flush; by TLS the last records may wait for the client.
        match Pin::new(&mut self.socket).poll_flush(cx) {
            Poll::Pending => self.poll_write_late(cx),
            Poll::Ready(done) => {
                self.answer_pace.note(0);
                Poll::Ready(done)
            }
        }
    }

    /// Ends the answers, then reads on a little: a socket closed with unread bytes resets the
    /// connection, and the reset may overtake the last answer.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.shut {
            match Pin::new(&mut this.socket).poll_shutdown(cx) {
                Poll::Pending => return this.poll_write_late(cx),
                Poll::Ready(done) => done?,
            }
            this.shut = true;
            this.read_deadline.set(Instant::now() + LINGER);
        }
        if this.tracker.in_head() && !this.closing {
            return Poll::Ready(Ok(()));
        }
        let mut bytes = [0_u8; 8192];
        while this.lingered < LINGER_BYTES {
            let mut buf = ReadBuf::new(&mut bytes);
            match Pin::new(&mut this.socket).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) if !buf.filled().is_empty() => {
                    this.lingered = this.lingered.saturating_add(buf.filled().len());
                }
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                Poll::Pending => return this.read_deadline.poll_passed(cx).map(Ok),
            }
        }
        Poll::Ready(Ok(()))
    }
}
