//! The time of day. Tests bring their own.

use jiff::Timestamp;
use std::time::Duration;

/// A long sleep is cut into pieces, so that a machine that slept or a clock that was set right does not miss its time.
const LONGEST_NAP: Duration = Duration::from_secs(30);

pub(super) trait Clock {
    fn now(&self) -> Timestamp;
    /// Returns at that time, or at once when it has passed.
    async fn sleep_until(&self, due: Timestamp);
}

pub(super) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep_until(&self, due: Timestamp) {
        loop {
            let left = due.duration_since(self.now());
            match Duration::try_from(left) {
                Ok(left) if !left.is_zero() => tokio::time::sleep(left.min(LONGEST_NAP)).await,
                _ => return,
            }
        }
    }
}
