//! How fast a peer must be: the patience it has left while it keeps the gateway waiting.
//!
//! Waiting uses patience up, bytes that move give it back at the least rate that is accepted, and
//! there is never more of it than one idle period. So a pause may be as long as that period, but a
//! peer that is slower than the rate runs out however it spreads its bytes. Time in which nobody
//! waited for the peer costs it nothing.

use crate::deadline::Deadline;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

/// The patience with one direction of a connection.
#[derive(Debug)]
pub(crate) struct Pace {
    idle: Duration,
    bytes_per_second: u32,
    left: Duration,
    waiting_since: Option<Instant>,
    deadline: Deadline,
}

impl Pace {
    /// Full patience. The rate must not be 0.
    pub(crate) fn new(idle: Duration, bytes_per_second: u32) -> Self {
        Self {
            idle,
            bytes_per_second,
            left: idle,
            waiting_since: None,
            deadline: Deadline::default(),
        }
    }

    /// Full patience again.
    pub(crate) fn begin(&mut self) {
        self.left = self.idle;
        self.waiting_since = None;
    }

    /// Nothing moved: ready once patience, or the time until `end`, has run out.
    pub(crate) fn poll_late(&mut self, cx: &mut Context<'_>, end: Option<Instant>) -> Poll<()> {
        if self.waiting_since.is_none() {
            let now = Instant::now();
            self.waiting_since = Some(now);
            let late = now + self.left;
            self.deadline.set(end.map_or(late, |end| end.min(late)));
        }
        self.deadline.poll_passed(cx)
    }

    /// So many bytes moved.
    pub(crate) fn note(&mut self, bytes: usize) {
        if let Some(since) = self.waiting_since.take() {
            self.deadline.clear();
            self.left = self.left.saturating_sub(since.elapsed());
        }
        if self.left < self.idle {
            self.earn(bytes);
        }
    }

    fn earn(&mut self, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let earned = Duration::from_secs(1).saturating_mul(bytes) / self.bytes_per_second;
        self.left = self.left.saturating_add(earned).min(self.idle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;

    const IDLE: Duration = Duration::from_secs(30);

    /// How often a peer may pause so long and then move so many bytes.
    fn rounds(pause_s: u64, bytes: usize) -> Option<usize> {
        let mut pace = Pace::new(IDLE, 500);
        let pause = Duration::from_secs(pause_s);
        (0..1_000).find(|_| {
            let late = pace.left <= pause;
            pace.left = pace.left.saturating_sub(pause);
            pace.earn(bytes);
            late
        })
    }

    #[test]
    fn below_the_rate_patience_runs_out_and_above_it_never_does() {
        assert_eq!(rounds(29, 256), Some(1), "once was enough for ever");
        assert!(rounds(1, 400).is_some());
        assert_eq!(rounds(1, 600), None);
        assert_eq!(rounds(29, 15_000), None);
        assert_eq!(rounds(31, 1_000_000), Some(0));
    }

    #[tokio::test]
    async fn only_waiting_costs_patience_and_a_stall_is_over_with_the_first_byte() {
        let idle = Duration::from_millis(200);
        let mut pace = Pace::new(idle, 500);
        assert!(
            poll_fn(|cx| Poll::Ready(pace.poll_late(cx, None)))
                .await
                .is_pending()
        );
        pace.note(1);
        // A long time in which nobody asks the peer for anything.
        tokio::time::sleep(idle.saturating_mul(2)).await;
        assert!(
            poll_fn(|cx| Poll::Ready(pace.poll_late(cx, None)))
                .await
                .is_pending()
        );
    }

    #[tokio::test]
    async fn the_end_comes_however_fast_the_peer_is() {
        let end = Instant::now() + Duration::from_millis(50);
        let mut pace = Pace::new(IDLE, 500);
        pace.note(1_000_000);
        poll_fn(|cx| pace.poll_late(cx, Some(end))).await;
        assert!(Instant::now() >= end);
    }
}
