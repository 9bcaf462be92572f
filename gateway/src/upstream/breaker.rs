//! The circuit breaker of an upstream: closed, open, or waiting for its one probe.
//!
//! Its state is one word that changes by compare-and-swap. The word holds a generation, which grows
//! with every change: a result of an earlier generation changes nothing.

use super::window::Window;
use crate::settings::BreakerSettings;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

const CLOSED: u64 = 0;
const OPEN: u64 = 1;
const PROBING: u64 = 2;
const KIND_BITS: u32 = 2;
const KIND_MASK: u64 = (1 << KIND_BITS) - 1;
/// What those are told who come while the probe is out.
const SOON_MS: u64 = 1_000;

/// How a request to an upstream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It was answered, if only with "your mistake".
    Good,
    /// It was answered wrongly, late, or with "my mistake".
    Bad,
    /// No connection could be made.
    Refused,
}

/// What the breaker did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// From now on nothing is sent.
    Opened,
    /// Everything is sent again.
    Closed,
}

/// What the breaker lets through, for people and programs that look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Everything.
    Closed,
    /// Nothing.
    Open,
    /// One request, which is on its way.
    Probing,
}

/// The breaker.
#[derive(Debug)]
pub(crate) struct Breaker {
    settings: BreakerSettings,
    state: AtomicU64,
    open_until_ms: AtomicU64,
    refusals: AtomicU32,
    window: Window,
}

/// The leave to send one request. Dropped without a verdict it says nothing; a probe's leave is then
/// given to the next who asks.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    breaker: &'a Breaker,
    state: u64,
}

impl Breaker {
    /// A closed breaker.
    pub(crate) fn new(settings: &BreakerSettings) -> Self {
        Self {
            settings: settings.clone(),
            state: AtomicU64::new(CLOSED),
            open_until_ms: AtomicU64::new(0),
            refusals: AtomicU32::new(0),
            window: Window::default(),
        }
    }

    /// What it was told.
    pub(crate) fn settings(&self) -> &BreakerSettings {
        &self.settings
    }

    /// Leave to send a request, or how many milliseconds to wait before asking again.
    pub(crate) fn admit(&self, now_ms: u64) -> Result<Permit<'_>, u64> {
        let state = self.state.load(Ordering::Acquire);
        match kind(state) {
            CLOSED => Ok(Permit {
                breaker: self,
                state,
            }),
            OPEN => {
                let wait_ms = self
                    .open_until_ms
                    .load(Ordering::Relaxed)
                    .saturating_sub(now_ms);
                if wait_ms > 0 {
                    return Err(wait_ms);
                }
                let probing = next(state, PROBING);
                if self.change(state, probing) {
                    Ok(Permit {
                        breaker: self,
                        state: probing,
                    })
                } else {
                    Err(SOON_MS)
                }
            }
            _ => Err(SOON_MS),
        }
    }

    /// What it lets through now.
    pub(crate) fn state(&self) -> State {
        match kind(self.state.load(Ordering::Relaxed)) {
            CLOSED => State::Closed,
            OPEN => State::Open,
            _ => State::Probing,
        }
    }

    /// Requests of the last ten seconds that came to a verdict.
    pub(super) fn calls(&self, now_ms: u64) -> u64 {
        self.window.sum(now_ms).all()
    }

    fn change(&self, from: u64, to: u64) -> bool {
        self.state
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    }

    fn open(&self, from: u64, now_ms: u64) -> Option<Change> {
        // Whoever else opens it at the same moment writes nearly the same.
        let spread = rand::random_range(900..=1_100_u64);
        let open_ms = self.settings.open_ms.saturating_mul(spread) / 1_000;
        self.open_until_ms
            .store(now_ms.saturating_add(open_ms.max(1)), Ordering::Relaxed);
        self.change(from, next(from, OPEN))
            .then_some(Change::Opened)
    }

    fn is_too_bad(&self, now_ms: u64) -> bool {
        if self.refusals.load(Ordering::Relaxed) >= self.settings.refusals_in_row {
            return true;
        }
        let counts = self.window.sum(now_ms);
        let share = u64::from(self.settings.failure_percent).saturating_mul(counts.all());
        counts.all() >= u64::from(self.settings.min_calls)
            && counts.bad.saturating_mul(100) >= share
    }
}

impl Permit<'_> {
    /// Says how the request ended.
    pub(crate) fn settle(mut self, verdict: Verdict, now_ms: u64) -> Option<Change> {
        let breaker = self.breaker;
        let state = std::mem::replace(&mut self.state, CLOSED);
        if breaker.state.load(Ordering::Acquire) != state {
            return None;
        }
        let good = verdict == Verdict::Good;
        if kind(state) == PROBING {
            if !good {
                return breaker.open(state, now_ms);
            }
            breaker.window.clear();
            breaker.refusals.store(0, Ordering::Relaxed);
            let closed = breaker.change(state, next(state, CLOSED));
            return closed.then_some(Change::Closed);
        }
        breaker.window.count(now_ms, good);
        if verdict == Verdict::Refused {
            breaker.refusals.fetch_add(1, Ordering::Relaxed);
        } else if breaker.refusals.load(Ordering::Relaxed) != 0 {
            breaker.refusals.store(0, Ordering::Relaxed);
        }
        if good || !breaker.settings.enabled || !breaker.is_too_bad(now_ms) {
            return None;
        }
        breaker.open(state, now_ms)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if kind(self.state) == PROBING {
            // The time is over already: the next who asks is the probe.
            self.breaker.change(self.state, next(self.state, OPEN));
        }
    }
}

const fn kind(state: u64) -> u64 {
    state & KIND_MASK
}

const fn next(state: u64, kind: u64) -> u64 {
    ((state >> KIND_BITS).wrapping_add(1) << KIND_BITS) | kind
}

#[cfg(test)]
#[path = "breaker_tests.rs"]
mod tests;
