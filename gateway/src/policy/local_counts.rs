//! Counting in this process: a table of fixed size without locks.
//!
//! A caller's number lives in one of the eight slots that its hash may use. When all are taken, the
//! least number goes: for rates that is the caller who has been quiet for longest, for quotas a
//! day that is over. So a flood of addresses costs memory nothing, and at worst forgets somebody.

use super::gcra::{Rate, Verdict};
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

const SLOTS: usize = 1 << 17;
const WAYS: usize = 8;

#[derive(Default)]
struct Slot {
    caller: AtomicU64,
    number: AtomicU64,
}

/// The numbers of all callers.
pub(crate) struct LocalCounts {
    slots: Box<[Slot]>,
    hasher: RandomState,
    begin: Instant,
}

impl LocalCounts {
    /// One that takes no memory before the first count.
    pub(crate) fn later() -> Arc<LazyLock<Self>> {
        Arc::new(LazyLock::new(Self::new))
    }

    /// Nobody has called; 2 MB, for about a hundred thousand callers at a time.
    fn new() -> Self {
        Self::with_slots(SLOTS)
    }

    fn with_slots(count: usize) -> Self {
        Self {
            slots: (0..count).map(|_| Slot::default()).collect(),
            hasher: RandomState::new(),
            begin: Instant::now(),
        }
    }

    /// Asks whether a caller keeps its rate, and counts the request if so.
    pub(crate) fn ask(&self, rate: Rate, caller: impl Hash) -> Verdict {
        let now = u64::try_from(self.begin.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.ask_at(rate, caller, now)
    }

    fn ask_at(&self, rate: Rate, caller: impl Hash, now_us: u64) -> Verdict {
        let mut verdict = Verdict::default();
        let Some(slot) = self.slot_of(caller) else {
            return verdict;
        };
        // The closure runs again when another thread was quicker; its last run counts.
        let _ = slot
            .number
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |busy_until| {
                let (judged, next) = rate.judge(busy_until, now_us);
                verdict = judged;
                judged.passes.then_some(next)
            });
        verdict
    }

    /// Counts a caller's request of a day, and says how many there were.
    pub(crate) fn count_of_day(&self, day: u32, caller: impl Hash) -> u32 {
        let day = u64::from(day) << 32;
        let mut count = 0;
        let Some(slot) = self.slot_of(caller) else {
            return count;
        };
        let _ = slot
            .number
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |number| {
                let next = number.max(day).saturating_add(1);
                count = u32::try_from(next & u64::from(u32::MAX)).unwrap_or(u32::MAX);
                Some(next)
            });
        count
    }

    fn slot_of(&self, caller: impl Hash) -> Option<&Slot> {
        // 0 is the mark of an empty slot.
        let hash = self.hasher.hash_one(caller).max(1);
        let sets = self.slots.len() / WAYS;
        let set = usize::try_from(hash >> 32).ok()?.checked_rem(sets)?;
        let start = set.saturating_mul(WAYS);
        let slots = self.slots.get(start..start.saturating_add(WAYS))?;
        let known = slots
            .iter()
            .find(|slot| slot.caller.load(Ordering::Relaxed) == hash);
        if known.is_some() {
            return known;
        }
        let least = slots
            .iter()
            .min_by_key(|slot| slot.number.load(Ordering::Relaxed))?;
        least.caller.store(hash, Ordering::Relaxed);
        least.number.store(0, Ordering::Relaxed);
        Some(least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_counted_apart_and_a_flood_of_them_takes_no_memory() {
        let counts = LocalCounts::with_slots(64);
        let rate = Rate::new(2, 60, 2);
        let passes = |caller: u32, now_us| counts.ask_at(rate, caller, now_us).passes;
        assert!(passes(1, 0) && passes(1, 0) && !passes(1, 0));
        assert!(passes(2, 0));
        for caller in 3..10_000 {
            assert!(passes(caller, 0));
        }
        assert_eq!(counts.slots.len(), 64);
        // Somebody who was forgotten in the flood begins afresh; nobody is locked out.
        assert!(passes(1, 61_000_000));
    }

    #[test]
    fn threads_together_pass_no_more_than_the_burst() {
        let counts = LocalCounts::with_slots(64);
        let rate = Rate::new(100, 3_600, 100);
        let passed: usize = std::thread::scope(|scope| {
            let ask = || {
                (0..200)
                    .filter(|_| counts.ask_at(rate, "one", 0).passes)
                    .count()
            };
            // Known before they race, as after anybody's first request.
            let first = usize::from(counts.ask_at(rate, "one", 0).passes);
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
            threads
                .into_iter()
                .map(|t| t.join().unwrap())
                .sum::<usize>()
                + first
        });
        assert_eq!(passed, 100);
    }

    #[test]
    fn a_day_is_counted_from_one_and_the_next_begins_again() {
        let counts = LocalCounts::with_slots(64);
        assert_eq!(counts.count_of_day(7, "a"), 1);
        assert_eq!(counts.count_of_day(7, "a"), 2);
        assert_eq!(counts.count_of_day(7, "b"), 1);
        assert_eq!(counts.count_of_day(8, "a"), 1);
    }
}
