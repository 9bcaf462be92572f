//! What happened in the last ten seconds, counted without a lock.

use std::sync::atomic::{AtomicU64, Ordering};

const BUCKETS: u64 = 10;
const BUCKET_MS: u64 = 1_000;

/// A bucket is one word, so that its second and its counts change together:
/// 24 bits of the second, 20 of good, 20 of bad.
const COUNT_BITS: u32 = 20;
const COUNT_MASK: u64 = (1 << COUNT_BITS) - 1;
const TICK_MASK: u64 = (1 << 24) - 1;

/// Good and bad events of the last ten seconds. They are written for every request, so they share no
/// cache line with what is only read.
#[derive(Debug, Default)]
#[repr(align(64))]
pub struct Window {
    buckets: [AtomicU64; 10],
}

/// How many there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those that went well.
    pub good: u64,
    /// Those that did not.
    pub bad: u64,
}

impl Counts {
    /// Of both kinds.
    pub const fn all(self) -> u64 {
        self.good.saturating_add(self.bad)
    }
}

impl Window {
    /// Counts an event.
    pub fn count(&self, now_ms: u64, good: bool) {
        let second = now_ms / BUCKET_MS;
        let tick = second & TICK_MASK;
        let place = usize::try_from(second % BUCKETS).unwrap_or_default();
        let Some(bucket) = self.buckets.get(place) else {
            return;
        };
        let counted = |word: u64| {
            let (of, mut counts) = unpack(word);
            if of != tick {
                counts = Counts::default();
            }
            let count = if good {
                &mut counts.good
            } else {
                &mut counts.bad
            };
            *count = count.saturating_add(1).min(COUNT_MASK);
            Some(pack(tick, counts))
        };
        // It cannot fail: the closure always has a new value.
        let _ = bucket.fetch_update(Ordering::Relaxed, Ordering::Relaxed, counted);
    }

    /// The sum of the ten seconds that end now.
    pub fn sum(&self, now_ms: u64) -> Counts {
        let tick = (now_ms / BUCKET_MS) & TICK_MASK;
        let words = self.buckets.iter().map(|it| it.load(Ordering::Relaxed));
        let recent = words
            .map(unpack)
            .filter(|(of, _)| tick.wrapping_sub(*of) & TICK_MASK < BUCKETS);
        recent.fold(Counts::default(), |sum, (_, counts)| Counts {
            good: sum.good.saturating_add(counts.good),
            bad: sum.bad.saturating_add(counts.bad),
        })
    }

    /// Forgets everything.
    pub fn clear(&self) {
        for bucket in &self.buckets {
            bucket.store(0, Ordering::Relaxed);
        }
    }
}

const fn pack(tick: u64, counts: Counts) -> u64 {
    (tick << (2 * COUNT_BITS)) | (counts.good << COUNT_BITS) | counts.bad
}

const fn unpack(word: u64) -> (u64, Counts) {
    let counts = Counts {
        good: (word >> COUNT_BITS) & COUNT_MASK,
        bad: word & COUNT_MASK,
    };
    (word >> (2 * COUNT_BITS), counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_counts_as_a_list_of_events_would(
            events in prop::collection::vec((0_u64..3_000, any::<bool>()), 0..200),
        ) {
            let window = Window::default();
            let mut model: Vec<(u64, bool)> = Vec::new();
            let mut now_ms = 1_u64;
            for (pause_ms, good) in events {
                now_ms += pause_ms;
                window.count(now_ms, good);
                model.push((now_ms / BUCKET_MS, good));
                let recent = |wanted: bool| {
                    let oldest = (now_ms / BUCKET_MS).saturating_sub(BUCKETS - 1);
                    let of = model.iter().filter(|(second, good)| *second >= oldest && *good == wanted);
                    u64::try_from(of.count()).unwrap()
                };
                let expected = Counts { good: recent(true), bad: recent(false) };
                prop_assert_eq!(window.sum(now_ms), expected);
            }
        }
    }

    #[test]
    fn threads_lose_no_count() {
        let window = Window::default();
        std::thread::scope(|scope| {
            for good in [true, true, false, false] {
                let window = &window;
                scope.spawn(move || (0..10_000).for_each(|_| window.count(5_000, good)));
            }
        });
        let counts = window.sum(5_000);
        assert_eq!((counts.good, counts.bad), (20_000, 20_000));
    }
}
