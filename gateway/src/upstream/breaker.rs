//! The circuit breaker of an upstream: closed, open, or waiting for its one probe.
//!
//! Its state is one word that changes by compare-and-swap. The word holds a generation, which grows
//! with every change: a result of an earlier generation changes nothing.

use crate::settings::BreakerSettings;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use upstream::window::Window;

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
    /// One request, which decides how it goes on.
    Probing,
}

/// The breaker.
#[derive(Debug)]
pub(crate) struct Breaker {
    settings: BreakerSettings,
    state: AtomicU64,
    open_until_ms: AtomicU64,
    refusals: AtomicU32,
    /// Whether it opened because no connection could be made.
    by_refusals: AtomicBool,
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
            by_refusals: AtomicBool::new(false),
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
                let wait_ms = self.wait_ms(now_ms);
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
    pub(crate) fn state(&self, now_ms: u64) -> State {
        match kind(self.state.load(Ordering::Relaxed)) {
            CLOSED => State::Closed,
            OPEN if self.wait_ms(now_ms) > 0 => State::Open,
            _ => State::Probing,
        }
    }

    /// Whether it is open because no connection could be made.
    pub(super) fn waits_for_connections(&self, now_ms: u64) -> bool {
        self.state(now_ms) == State::Open && self.by_refusals.load(Ordering::Relaxed)
    }

    /// A connection can be made again, so the next request may be the probe. Nothing changes when it
    /// opened for another reason.
    pub(super) fn hasten(&self, now_ms: u64) {
        if self.waits_for_connections(now_ms) {
            self.open_until_ms.store(now_ms, Ordering::Relaxed);
        }
    }

    fn wait_ms(&self, now_ms: u64) -> u64 {
        let until_ms = self.open_until_ms.load(Ordering::Relaxed);
        until_ms.saturating_sub(now_ms)
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

    fn open(&self, from: u64, now_ms: u64, by_refusals: bool) -> Option<Change> {
        self.by_refusals.store(by_refusals, Ordering::Relaxed);
        // Whoever else opens it at the same moment writes nearly the same.
        let spread = rand::random_range(900..=1_100_u64);
        let open_ms = self.settings.open_ms.saturating_mul(spread) / 1_000;
        self.open_until_ms
            .store(now_ms.saturating_add(open_ms.max(1)), Ordering::Relaxed);
        self.change(from, next(from, OPEN))
            .then_some(Change::Opened)
    }

    fn is_refused(&self) -> bool {
        self.refusals.load(Ordering::Relaxed) >= self.settings.refusals_in_row
    }

    fn is_too_bad(&self, now_ms: u64) -> bool {
        if self.is_refused() {
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
                return breaker.open(state, now_ms, verdict == Verdict::Refused);
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
        breaker.open(state, now_ms, breaker.is_refused())
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
