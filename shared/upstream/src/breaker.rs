//! The circuit breaker: whether a service is asked at all.
//!
//! failsafe's state machine keeps the state, our policy says when it opens. What the library does not do stands in front of
//! it: one probe at a time, whose leave comes back when it is given up, and a generation, so that a result from before a
//! change changes nothing.

use crate::failure_policy::{Evidence, RollingWindow};
use crate::settings::BreakerSettings;
use failsafe::{Instrument, StateMachine};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// What those are told who come while the probe is out.
const SOON: Duration = Duration::from_secs(1);

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was answered, if only with "your mistake".
    Good,
    /// It was answered wrongly, late, or with "my mistake".
    Bad,
    /// No connection could be made.
    Refused,
}

/// What the breaker lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Everything.
    Closed,
    /// Nothing.
    Open,
    /// One call, which decides how it goes on.
    HalfOpen,
}

impl State {
    /// As metrics have it: 0 closed, 1 open, 2 half open.
    pub const fn number(self) -> u8 {
        match self {
            Self::Closed => 0,
            Self::Open => 1,
            Self::HalfOpen => 2,
        }
    }

    /// As people read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// The state as failsafe last told it.
#[derive(Debug, Clone, Default)]
struct Told(Arc<AtomicU8>);

impl Told {
    fn is(&self, state: State) -> bool {
        self.0.load(Ordering::Relaxed) == state.number()
    }

    fn tell(&self, state: State) {
        self.0.store(state.number(), Ordering::Relaxed);
    }
}

impl Instrument for Told {
    fn on_call_rejected(&self) {}

    fn on_open(&self) {
        self.tell(State::Open);
    }

    fn on_half_open(&self) {
        self.tell(State::HalfOpen);
    }

    fn on_closed(&self) {
        self.tell(State::Closed);
    }
}

/// What stands in front of the state machine.
#[derive(Debug)]
struct Gate {
    machine: StateMachine<RollingWindow, Told>,
    told: Told,
    generation: u64,
    open_until: Instant,
    probe_is_out: bool,
}

/// The breaker of one kind of calls to one service.
#[derive(Debug)]
pub struct Breaker {
    upstream: &'static str,
    operation: &'static str,
    open_for: Duration,
    evidence: Arc<Evidence>,
    gate: Mutex<Gate>,
    opened: AtomicU64,
}

/// The leave to make one call. Dropped without a verdict it says nothing; a probe's leave is then given to the next who asks.
#[derive(Debug)]
pub struct Permit {
    breaker: Arc<Breaker>,
    generation: u64,
    is_probe: bool,
}

impl Breaker {
    /// A closed breaker.
    pub fn new(
        upstream: &'static str,
        operation: &'static str,
        settings: &BreakerSettings,
    ) -> Arc<Self> {
        let evidence = Arc::new(Evidence::new());
        let policy = RollingWindow::new(settings.clone(), Arc::clone(&evidence));
        let told = Told::default();
        Arc::new(Self {
            upstream,
            operation,
            open_for: Duration::from_millis(settings.open_ms),
            evidence,
            gate: Mutex::new(Gate {
                machine: StateMachine::new(policy, told.clone()),
                told,
                generation: 0,
                open_until: Instant::now(),
                probe_is_out: false,
            }),
            opened: AtomicU64::new(0),
        })
    }

    /// Leave to make a call, or how long to wait before asking again.
    pub fn admit(self: &Arc<Self>) -> Result<Permit, Duration> {
        let mut gate = self.gate();
        let left = gate.time_left();
        if !left.is_zero() {
            return Err(left);
        }
        if gate.probe_is_out || !gate.machine.is_call_permitted() {
            return Err(SOON);
        }
        let is_probe = gate.told.is(State::HalfOpen);
        if is_probe {
            gate.probe_is_out = true;
            gate.generation = gate.generation.wrapping_add(1);
        }
        Ok(Permit {
            breaker: Arc::clone(self),
            generation: gate.generation,
            is_probe,
        })
    }

    /// What it lets through now.
    pub fn state(&self) -> State {
        let gate = self.gate();
        if gate.told.is(State::Closed) {
            State::Closed
        } else if gate.time_left().is_zero() {
            State::HalfOpen
        } else {
            State::Open
        }
    }

    /// How often it has opened.
    pub fn times_opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        // Nothing in here leaves half a change behind.
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settle(&self, permit: &Permit, verdict: Verdict) {
        let mut gate = self.gate();
        if gate.generation != permit.generation {
            return;
        }
        let was_closed = gate.told.is(State::Closed);
        gate.probe_is_out = false;
        self.evidence.note_refusal(verdict == Verdict::Refused);
        if verdict == Verdict::Good {
            gate.machine.on_success();
        } else {
            gate.machine.on_error();
        }
        let is_closed = gate.told.is(State::Closed);
        if was_closed && is_closed {
            return;
        }
        gate.generation = gate.generation.wrapping_add(1);
        let (upstream, operation) = (self.upstream, self.operation);
        if is_closed {
            tracing::info!(upstream, operation, "circuit breaker closed");
            return;
        }
        let spread = rand::random_range(900..=1_100_u32);
        let open_for = self.open_for.saturating_mul(spread) / 1_000;
        gate.open_until = Instant::now() + open_for;
        self.opened.fetch_add(1, Ordering::Relaxed);
        let open_ms = u64::try_from(open_for.as_millis()).unwrap_or(u64::MAX);
        tracing::warn!(
            upstream,
            operation,
            open_ms,
            after_probe = !was_closed,
            "circuit breaker opened"
        );
    }
}

impl Gate {
    fn time_left(&self) -> Duration {
        self.open_until.saturating_duration_since(Instant::now())
    }
}

impl Permit {
    /// Whether this call decides how it goes on.
    pub(crate) const fn is_probe(&self) -> bool {
        self.is_probe
    }

    /// Says how the call ended.
    pub fn settle(mut self, verdict: Verdict) {
        self.breaker.settle(&self, verdict);
        self.is_probe = false;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.is_probe {
            let mut gate = self.breaker.gate();
            if gate.generation == self.generation {
                gate.probe_is_out = false;
                gate.generation = gate.generation.wrapping_add(1);
            }
        }
    }
}

#[cfg(test)]
#[path = "breaker_tests.rs"]
mod tests;
