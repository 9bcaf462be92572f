//! How long to wait before a load is tried again.

use super::super::settings::RetrySettings;
use super::{Next, RunResult};
use jiff::SignedDuration;
use rand::RngExt;

pub(super) struct Backoff {
    settings: RetrySettings,
}

impl Backoff {
    pub(super) fn new(settings: &RetrySettings) -> Self {
        Self {
            settings: settings.clone(),
        }
    }

    /// After a failure: twice as long each time, and at random up to half of it less, so that many do not come at once.
    pub(super) fn failed(&self, attempt: u32) -> Next {
        let doubled = 2_u64.saturating_pow(attempt.saturating_sub(1));
        let longest = self.settings.first_delay_s.saturating_mul(doubled);
        let delay_s = longest.min(self.settings.longest_delay_s);
        self.unless_last(attempt, delay_s, RunResult::Failed)
    }

    /// The file is not there yet; asking often does not bring it.
    pub(super) fn not_published(&self, attempt: u32) -> Next {
        let delay_s = self.settings.not_published_delay_s;
        self.unless_last(attempt, delay_s, RunResult::NothingNew)
    }

    fn unless_last(&self, attempt: u32, delay_s: u64, result: RunResult) -> Next {
        if attempt >= self.settings.attempts {
            return Next::Rest(Some(result));
        }
        let share = rand::rng().random_range(0.5..=1.0);
        let delay = std::time::Duration::from_secs(delay_s).mul_f64(share);
        SignedDuration::try_from(delay).map_or(Next::Rest(Some(result)), Next::Retry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_doubles_up_to_the_longest_and_ends_with_the_last_attempt() {
        let backoff = Backoff::new(&RetrySettings {
            attempts: 5,
            first_delay_s: 100,
            longest_delay_s: 300,
            not_published_delay_s: 1_000,
        });
        for (attempt, longest) in [(1, 100), (2, 200), (3, 300), (4, 300)] {
            let Next::Retry(after) = backoff.failed(attempt) else {
                panic!("attempt {attempt} is not the last");
            };
            assert!(
                (longest / 2..=longest).contains(&after.as_secs()),
                "{attempt}: {after:?}"
            );
        }
        assert_eq!(backoff.failed(5), Next::Rest(Some(RunResult::Failed)));
        assert_eq!(
            backoff.not_published(5),
            Next::Rest(Some(RunResult::NothingNew))
        );
    }
}
