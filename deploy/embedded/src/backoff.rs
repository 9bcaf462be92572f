//! How long to wait before a crashed child starts again.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(400);
const LONGEST: Duration = Duration::from_secs(30);
/// A child that ran this long is taken for healthy: its next crash waits briefly again.
const STABLE: Duration = Duration::from_mins(1);

/// Doubling waits, each drawn between its half and its whole so that children do not start in step.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
}

impl Backoff {
    pub(crate) fn new() -> Self {
        Self { next: FIRST }
    }

    /// The wait after a run that lasted `ran`.
    pub(crate) fn after(&mut self, ran: Duration) -> Duration {
        if ran >= STABLE {
            self.next = FIRST;
        }
        let whole = self.next;
        self.next = LONGEST.min(whole * 2);
        whole.mul_f64(rand::random_range(0.5..=1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_start_over_after_a_stable_run() {
        let mut backoff = Backoff::new();
        for doubling in 0..12 {
            let whole = LONGEST.min(FIRST * 2_u32.pow(doubling));
            let wait = backoff.after(Duration::from_secs(1));
            assert!(wait >= whole / 2 && wait <= whole, "{doubling}: {wait:?}");
        }
        assert!(backoff.after(STABLE) <= FIRST);
    }
}
