//! The generic cell rate algorithm: one number a caller says whether a request keeps the rate.
//!
//! Each request occupies the caller for one interval; who is occupied for more than a burst of
//! intervals ahead has to wait. Unlike a counter that starts again each minute, it never lets two
//! bursts through around the turn.

/// A rate in whole microseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    /// Between two requests that keep the rate exactly.
    pub(crate) interval_us: u64,
    /// How many may come at once.
    pub(crate) burst: u32,
}

/// What a limit says about a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Whether it passes.
    pub(crate) passes: bool,
    /// How many more would pass now.
    pub(crate) left: u32,
    /// Until the next one passes; 0 when one would pass now.
    pub(crate) wait_us: u64,
    /// Until a whole burst passes again.
    pub(crate) full_in_us: u64,
}

impl Rate {
    /// So many requests in so many seconds, and so many of them at once.
    pub(crate) fn new(rate: u32, per_s: u32, burst: u32) -> Self {
        let whole = u64::from(per_s).saturating_mul(1_000_000);
        Self {
            interval_us: whole.checked_div(u64::from(rate)).unwrap_or(whole).max(1),
            burst,
        }
    }

    /// The verdict, and until when the caller is occupied if the request passes.
    pub(crate) fn judge(self, busy_until_us: u64, now_us: u64) -> (Verdict, u64) {
        let begin = busy_until_us.max(now_us);
        let next = begin.saturating_add(self.interval_us);
        let reach = self.interval_us.saturating_mul(u64::from(self.burst));
        let horizon = now_us.saturating_add(reach);
        let passes = next <= horizon;
        let busy = if passes { next } else { begin };
        let room = horizon.saturating_sub(busy);
        let left = room.checked_div(self.interval_us).unwrap_or_default();
        let verdict = Verdict {
            passes,
            left: u32::try_from(left).unwrap_or(u32::MAX),
            wait_us: busy
                .saturating_add(self.interval_us)
                .saturating_sub(horizon),
            full_in_us: busy.saturating_sub(now_us),
        };
        (verdict, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_at_once_and_then_the_rate_is_kept() {
        let rate = Rate::new(60, 60, 3);
        let mut busy_until = 0;
        let mut ask = |now_us: u64| {
            let (verdict, next) = rate.judge(busy_until, now_us);
            if verdict.passes {
                busy_until = next;
            }
            verdict
        };
        assert_eq!(ask(0).left, 2);
        assert_eq!(ask(0).left, 1);
        let last = ask(0);
        assert_eq!((last.passes, last.left, last.wait_us), (true, 0, 1_000_000));
        let refused = ask(0);
        assert_eq!(
            (refused.passes, refused.wait_us, refused.full_in_us),
            (false, 1_000_000, 3_000_000)
        );
        assert!(!ask(999_999).passes);
        assert!(ask(1_000_000).passes);
        assert_eq!(ask(60_000_000).left, 2, "a quiet time restores the burst");
    }
}
