//! When a service counts as failing: half of the calls of the last ten seconds, or refused connections in a row.

use crate::settings::BreakerSettings;
use crate::window::Window;
use failsafe::FailurePolicy;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// What the breaker and its policy both look at.
#[derive(Debug)]
pub(crate) struct Evidence {
    begun: Instant,
    window: Window,
    refusals: AtomicU32,
}

impl Evidence {
    pub(crate) fn new() -> Self {
        Self {
            begun: Instant::now(),
            window: Window::default(),
            refusals: AtomicU32::new(0),
        }
    }

    /// Notes whether the call that is about to be judged could not even connect.
    pub(crate) fn note_refusal(&self, refused: bool) {
        if refused {
            self.refusals.fetch_add(1, Ordering::Relaxed);
        } else {
            self.refusals.store(0, Ordering::Relaxed);
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// The rolling window as failsafe's state machine asks it.
#[derive(Debug)]
pub(crate) struct RollingWindow {
    settings: BreakerSettings,
    evidence: Arc<Evidence>,
}

impl RollingWindow {
    pub(crate) fn new(settings: BreakerSettings, evidence: Arc<Evidence>) -> Self {
        Self { settings, evidence }
    }

    fn is_too_bad(&self, now_ms: u64) -> bool {
        let settings = &self.settings;
        if self.evidence.refusals.load(Ordering::Relaxed) >= settings.refusals_in_row {
            return true;
        }
        let counts = self.evidence.window.sum(now_ms);
        let limit = u64::from(settings.failure_percent).saturating_mul(counts.all());
        counts.all() >= u64::from(settings.min_calls) && counts.bad.saturating_mul(100) >= limit
    }
}

impl FailurePolicy for RollingWindow {
    fn record_success(&mut self) {
        self.evidence.window.count(self.evidence.now_ms(), true);
    }

    /// How long it stays open is the breaker's to say: its clock can be held still by a test, failsafe's cannot.
    fn mark_dead_on_failure(&mut self) -> Option<Duration> {
        let now_ms = self.evidence.now_ms();
        self.evidence.window.count(now_ms, false);
        self.is_too_bad(now_ms).then_some(Duration::ZERO)
    }

    fn revived(&mut self) {
        self.evidence.window.clear();
        self.evidence.note_refusal(false);
    }
}
