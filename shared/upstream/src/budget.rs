//! How many calls may be repeated: a share of those of the last ten seconds, so that retries never double the load on a
//! service in trouble.

use crate::settings::RetrySettings;
use crate::window::Window;
use tokio::time::Instant;

/// Calls and retries of the last ten seconds.
#[derive(Debug)]
pub(crate) struct Budget {
    begun: Instant,
    settings: RetrySettings,
    /// Calls count as good events, retries as bad ones.
    window: Window,
}

impl Budget {
    pub(crate) fn new(settings: RetrySettings) -> Self {
        Self {
            begun: Instant::now(),
            settings,
            window: Window::default(),
        }
    }

    pub(crate) fn note_call(&self) {
        self.window.count(self.now_ms(), true);
    }

    /// Leave for one retry after so many; taken at once.
    pub(crate) fn take(&self, retries: u32) -> bool {
        if retries >= self.settings.max {
            return false;
        }
        let now_ms = self.now_ms();
        let counts = self.window.sum(now_ms);
        let share = counts
            .good
            .saturating_mul(u64::from(self.settings.budget_percent))
            / 100;
        let allowed = share.max(u64::from(self.settings.budget_floor));
        let is_left = counts.bad < allowed;
        if is_left {
            self.window.count(now_ms, false);
        }
        is_left
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn granted(budget: &Budget, calls: u32) -> usize {
        (0..calls)
            .filter(|_| {
                budget.note_call();
                budget.take(0)
            })
            .count()
    }

    #[tokio::test(start_paused = true)]
    async fn of_a_hundred_failing_calls_ten_are_repeated() {
        let budget = Budget::new(RetrySettings::default());
        assert_eq!(granted(&budget, 100), 10);
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(granted(&budget, 2), 2, "a quiet service may repeat a few");
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_is_repeated_twice_at_most() {
        let budget = Budget::new(RetrySettings::default());
        assert!(budget.take(0) && budget.take(1));
        assert!(!budget.take(2));
    }
}
