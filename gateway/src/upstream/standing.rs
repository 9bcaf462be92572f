//! What is thought of an instance: by its probes, and by the requests that it was sent.

use crate::settings::EjectionSettings;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// What is thought of an instance.
#[derive(Debug)]
pub(crate) struct Standing {
    /// By the probes; true as long as none said otherwise.
    healthy: AtomicBool,
    /// Failures in a row.
    failures: AtomicU32,
    /// 0 while it is not ejected.
    ejected_until_ms: AtomicU64,
    /// How long the last ejection was.
    last_ejection_ms: AtomicU64,
    /// When the last ejection ended.
    returned_ms: AtomicU64,
}

impl Default for Standing {
    fn default() -> Self {
        Self {
            healthy: AtomicBool::new(true),
            failures: AtomicU32::new(0),
            ejected_until_ms: AtomicU64::new(0),
            last_ejection_ms: AtomicU64::new(0),
            returned_ms: AtomicU64::new(0),
        }
    }
}

impl Standing {
    /// Whether the probes find it well.
    pub(crate) fn is_healthy(&self) -> bool {
        self.healthy.load(Ordering::Relaxed)
    }

    /// What the probes find; true when that is new.
    pub(super) fn set_healthy(&self, healthy: bool) -> bool {
        self.healthy.swap(healthy, Ordering::Relaxed) != healthy
    }

    /// For how many milliseconds it is still ejected; 0 when it is not.
    pub(crate) fn ejected_for_ms(&self, now_ms: u64) -> u64 {
        self.ejected_until_ms
            .load(Ordering::Relaxed)
            .saturating_sub(now_ms)
    }

    /// Whether it should be sent requests.
    pub(super) fn is_usable(&self, now_ms: u64) -> bool {
        self.is_healthy() && self.ejected_for_ms(now_ms) == 0
    }

    /// A request was answered well. Nothing is written as long as all is well.
    pub(super) fn note_good(&self) {
        if self.failures.load(Ordering::Relaxed) != 0 {
            self.failures.store(0, Ordering::Relaxed);
        }
    }

    /// It answered well though it was ejected: that is over. True when it was.
    pub(super) fn forgive(&self) -> bool {
        self.ejected_until_ms.swap(0, Ordering::Relaxed) != 0
    }

    /// A request failed; true when there were enough of them to eject it.
    pub(super) fn note_bad(&self, limit: u32) -> bool {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed);
        limit > 0 && failures.saturating_add(1) >= limit
    }

    /// Ejects it, twice as long as the last time unless it was well for as long in between. Callers
    /// take turns. The milliseconds, or nothing when it is ejected already.
    pub(super) fn eject(&self, settings: &EjectionSettings, now_ms: u64) -> Option<u64> {
        if self.ejected_for_ms(now_ms) > 0 {
            return None;
        }
        self.take_back(now_ms, settings.consecutive_failures);
        let last_ms = self.last_ejection_ms.load(Ordering::Relaxed);
        let well_ms = now_ms.saturating_sub(self.returned_ms.load(Ordering::Relaxed));
        let ejection_ms = match last_ms {
            0 => settings.base_ms,
            _ if well_ms > last_ms => settings.base_ms,
            _ => last_ms.saturating_mul(2).min(settings.max_ms),
        };
        self.last_ejection_ms.store(ejection_ms, Ordering::Relaxed);
        self.ejected_until_ms
            .store(now_ms.saturating_add(ejection_ms), Ordering::Relaxed);
        Some(ejection_ms)
    }

    /// Ends an ejection whose time is over; true for the one caller that does it. The next failure
    /// ejects it again, for it has yet to show that it is well.
    pub(super) fn take_back(&self, now_ms: u64, limit: u32) -> bool {
        let until_ms = self.ejected_until_ms.load(Ordering::Relaxed);
        if until_ms == 0 || until_ms > now_ms {
            return false;
        }
        let ended = self
            .ejected_until_ms
            .compare_exchange(until_ms, 0, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok();
        if ended {
            self.returned_ms.store(until_ms, Ordering::Relaxed);
            self.failures
                .store(limit.saturating_sub(1), Ordering::Relaxed);
        }
        ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> EjectionSettings {
        EjectionSettings {
            consecutive_failures: 3,
            silence_ms: 0,
            base_ms: 100,
            max_ms: 350,
            max_percent: 50,
        }
    }

    #[test]
    fn ejections_grow_to_a_limit_and_begin_anew_after_a_good_time() {
        let standing = Standing::default();
        assert_eq!(standing.eject(&settings(), 1_000), Some(100));
        assert_eq!(standing.eject(&settings(), 1_050), None, "it is out");
        assert!(!standing.is_usable(1_099));
        assert!(standing.is_usable(1_100));
        assert_eq!(standing.eject(&settings(), 1_110), Some(200));
        assert_eq!(standing.eject(&settings(), 1_320), Some(350));
        assert_eq!(standing.eject(&settings(), 1_700), Some(350));
        let well_for_long = 1_700 + 350 + 351;
        assert_eq!(standing.eject(&settings(), well_for_long), Some(100));
    }

    #[test]
    fn failures_must_come_in_a_row() {
        let standing = Standing::default();
        for _ in 0..5 {
            assert!(!standing.note_bad(3));
            assert!(!standing.note_bad(3));
            standing.note_good();
        }
        assert!(!standing.note_bad(3));
        assert!(!standing.note_bad(3));
        assert!(standing.note_bad(3));
        assert!(!standing.note_bad(0), "0 ejects nobody");
    }

    #[test]
    fn one_failure_is_enough_after_an_ejection() {
        let standing = Standing::default();
        standing.eject(&settings(), 1_000);
        assert!(!standing.take_back(1_099, 3));
        assert!(standing.take_back(1_100, 3));
        assert!(!standing.take_back(1_100, 3), "told once");
        assert!(standing.note_bad(3));
    }
}
