//! When an operation is tried again, and when it is given up.

use std::time::Duration;

/// After so many failures that count, an operation is dead.
const FAILURES: i32 = 10;

/// Why an attempt did not do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Undone {
    /// Somebody who is needed is away; perhaps it said until when.
    Away(Option<Duration>),
    /// It cannot be done as it is.
    Failed(String),
}

/// What follows from it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) failures: i32,
    pub(crate) is_dead: bool,
    pub(crate) pause: Duration,
}

/// `attempts` and `failures` so far, the present attempt counted; `jitter` from 0 to 1.
pub(crate) fn judge(undone: &Undone, attempts: i32, failures: i32, jitter: f64) -> Verdict {
    match undone {
        Undone::Away(said) => {
            let pause = backoff(
                attempts,
                Duration::from_secs(1),
                Duration::from_mins(1),
                jitter,
            );
            Verdict {
                failures,
                is_dead: false,
                pause: pause.max(said.unwrap_or_default()),
            }
        }
        Undone::Failed(_) => {
            let failures = failures.saturating_add(1);
            Verdict {
                failures,
                is_dead: failures >= FAILURES,
                pause: backoff(
                    failures,
                    Duration::from_secs(10),
                    Duration::from_hours(1),
                    jitter,
                ),
            }
        }
    }
}

/// Doubling from `first` to `longest`, between half and the whole of it.
fn backoff(times: i32, first: Duration, longest: Duration, jitter: f64) -> Duration {
    let doublings = u32::try_from(times.saturating_sub(1)).unwrap_or(0).min(16);
    let whole = first.saturating_mul(1 << doublings).min(longest);
    whole.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_for_another_service_waits_for_as_long_as_it_takes() {
        for attempts in [1, 5, 1_000] {
            let verdict = judge(&Undone::Away(None), attempts, 3, 1.0);
            assert!(!verdict.is_dead);
            assert_eq!(verdict.failures, 3);
            assert!(verdict.pause <= Duration::from_mins(1));
        }
        let said = judge(&Undone::Away(Some(Duration::from_mins(2))), 1, 0, 0.0);
        assert_eq!(said.pause, Duration::from_mins(2));
    }

    #[test]
    fn what_cannot_be_done_is_dead_after_ten_failures() {
        let failed = Undone::Failed("no".to_owned());
        assert!(!judge(&failed, 50, 8, 0.5).is_dead);
        assert!(judge(&failed, 50, 9, 0.5).is_dead);
    }

    #[test]
    fn pauses_double_and_are_jittered() {
        let pause =
            |failures, jitter| judge(&Undone::Failed(String::new()), 1, failures, jitter).pause;
        assert_eq!(pause(0, 1.0), Duration::from_secs(10));
        assert_eq!(pause(0, 0.0), Duration::from_secs(5));
        assert_eq!(pause(3, 1.0), Duration::from_secs(80));
        assert_eq!(pause(i32::MAX, 1.0), Duration::from_hours(1));
    }
}
