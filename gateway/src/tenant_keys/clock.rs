//! When the feed last said that nothing else had happened.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub(super) struct Clock {
    begun: Instant,
    /// Since `begun`; 0 when it never did.
    confirmed_ms: AtomicU64,
    /// Whether the platform has failed to answer since the feed was last heard of.
    is_away: AtomicBool,
}

impl Clock {
    /// Nothing was heard so far.
    pub(super) fn start() -> Self {
        Self {
            begun: Instant::now(),
            confirmed_ms: AtomicU64::new(0),
            is_away: AtomicBool::new(false),
        }
    }

    pub(super) fn confirm(&self) {
        let ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.confirmed_ms.store(ms.max(1), Ordering::Release);
        self.is_away.store(false, Ordering::Release);
    }

    pub(super) fn note_away(&self) {
        self.is_away.store(true, Ordering::Release);
    }

    pub(super) fn is_away(&self) -> bool {
        self.is_away.load(Ordering::Acquire)
    }

    /// Whether the feed was ever heard of.
    pub(super) fn was_heard(&self) -> bool {
        self.confirmed_ms.load(Ordering::Acquire) > 0
    }

    /// How long ago the feed was last heard of; since the start, when it never was.
    pub(super) fn since_heard(&self) -> Duration {
        self.confirmed().elapsed()
    }

    /// How long ago the feed was last heard of, as far as that was after `asked`.
    pub(super) fn since_confirmed(&self, asked: Instant) -> Duration {
        self.confirmed().max(asked).elapsed()
    }

    fn confirmed(&self) -> Instant {
        let confirmed = Duration::from_millis(self.confirmed_ms.load(Ordering::Acquire));
        self.begun.checked_add(confirmed).unwrap_or(self.begun)
    }
}
