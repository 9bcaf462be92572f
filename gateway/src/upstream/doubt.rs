//! Doubt about an instance that answers nobody, and what is done for those who wait for it.
//!
//! A frozen process keeps its connections: nothing fails, and a request that was sent to it waits. One
//! that waits at one of several instances therefore looks around from time to time.

use super::balance::Member;
use super::clock::{moment_ms, now_ms};
use super::instance::Slot;
use super::{Upstream, probe};
use crate::settings::ms;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// A request that waits for an instance which may never answer.
pub(super) struct Doubt<'a> {
    upstream: &'a Arc<Upstream>,
    slot: &'a Slot,
    sent: Instant,
    /// Whether it may still be sent to another instance.
    may_leave: bool,
}

/// What it does after a look around.
pub(super) enum Look {
    /// It goes to another instance.
    Leave(Slot),
    /// It waits on, and looks again then.
    WaitUntil(Instant),
}

impl<'a> Doubt<'a> {
    /// For a request sent then; `None` where there is no other instance or nobody is to doubt.
    pub(super) fn about(
        upstream: &'a Arc<Upstream>,
        slot: &'a Slot,
        sent: Instant,
        may_leave: bool,
    ) -> Option<Self> {
        let doubts = upstream.members.len() > 1 && upstream.settings.ejection.silence_ms > 0;
        doubts.then_some(Self {
            upstream,
            slot,
            sent,
            may_leave,
        })
    }

    /// When there is reason for the first look.
    pub(super) fn begins(&self) -> Instant {
        self.sent + self.silence()
    }

    /// Leaves an instance that was found bad meanwhile, by whomever, for one that is in use. Has one that
    /// answers nobody asked for its health.
    pub(super) fn look(&mut self) -> Look {
        let now = Instant::now();
        let now_ms = moment_ms(now.into());
        let instance = &self.slot.instance;
        if instance.standing.is_usable(now_ms) {
            let last_ms = instance.answered_ms().max(moment_ms(self.sent.into()));
            let silent = ms(now_ms.saturating_sub(last_ms));
            let left = self.silence().saturating_sub(silent);
            if !left.is_zero() {
                return Look::WaitUntil(now + left);
            }
            question(self.upstream, self.slot.place);
        } else if let Some(slot) = self.leave(now_ms) {
            return Look::Leave(slot);
        }
        Look::WaitUntil(now + self.silence() / 4)
    }

    /// A place elsewhere, within the budget: those who are many stay rather than all move at once.
    fn leave(&mut self, now_ms: u64) -> Option<Slot> {
        if !self.may_leave {
            return None;
        }
        let place = Some(self.slot.place);
        let other = self.upstream.slot_in_use(self.slot.worker, now_ms, place)?;
        // Who is refused once is not counted again with every look.
        self.may_leave = self.upstream.has_budget(now_ms);
        self.may_leave.then_some(other)
    }

    fn silence(&self) -> Duration {
        ms(self.upstream.settings.ejection.silence_ms)
    }
}

/// Asks an instance for its health, unless that is being done. Whatever it answers, it is alive.
fn question(upstream: &Arc<Upstream>, place: usize) {
    let Some(Member { instance, .. }) = upstream.members.get(place) else {
        return;
    };
    if instance.questioned.swap(true, Ordering::Relaxed) {
        return;
    }
    let (upstream, instance) = (Arc::clone(upstream), Arc::clone(instance));
    tokio::spawn(async move {
        let patience = ms(upstream.settings.ejection.silence_ms);
        let asked = probe::ask(&instance, upstream.health_path());
        match timeout(patience, asked).await {
            Ok(Ok(_status)) => instance.note_answer(now_ms()),
            Ok(Err(_)) | Err(_) => upstream.eject(place, "it answers nobody"),
        }
        instance.questioned.store(false, Ordering::Relaxed);
    });
}
