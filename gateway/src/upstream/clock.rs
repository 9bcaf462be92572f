//! Moments as plain numbers, so that they fit into atomics and tests can give their own.

use std::sync::LazyLock;
use std::time::Instant;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Milliseconds of the steady clock, never 0: that stands for "no moment".
pub(crate) fn moment_ms(at: Instant) -> u64 {
    let since = at.saturating_duration_since(*START).as_millis();
    u64::try_from(since).unwrap_or(u64::MAX).saturating_add(1)
}

/// The moment that it is now.
pub(crate) fn now_ms() -> u64 {
    moment_ms(Instant::now())
}
