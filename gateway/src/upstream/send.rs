//! A request on its way: which instance it goes to, when it is sent again, and what that says.

use super::balance::Member;
use super::breaker::Verdict;
use super::clock::moment_ms;
use super::doubt::Doubt;
use super::exchange::{AnswerStream, Answered, Failure, Terms, exchange};
use super::instance::Slot;
use super::link::Link;
use super::onward::Onward;
use super::{Upstream, now_ms};
use crate::refusal::Refusal;
use crate::settings::ms;
use http::{Response, StatusCode, header};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// No answer from an upstream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoAnswer {
    /// What the client is told.
    pub(crate) refusal: Refusal,
    /// When it is worth asking again, if that is known.
    pub(crate) retry_after_s: Option<u64>,
}

impl From<Refusal> for NoAnswer {
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal,
            retry_after_s: None,
        }
    }
}

/// How one sending ended.
struct Attempt {
    outcome: Result<Answered, Refusal>,
    /// What it says about the instance, if anything.
    verdict: Option<Verdict>,
    /// Whether sending it again can do no harm.
    again: bool,
    /// Whether a kept connection was closed under it: no fault of anybody.
    was_stale: bool,
    /// Where it goes, when it left an instance that answers nobody.
    better_off: Option<Slot>,
}

impl Attempt {
    fn failed(refusal: Refusal, verdict: Option<Verdict>, again: bool) -> Self {
        Self {
            outcome: Err(refusal),
            verdict,
            again,
            was_stale: false,
            better_off: None,
        }
    }
}

impl Upstream {
    /// Sends a request and waits for the head of the answer, unless the breaker is open.
    pub(crate) async fn send(
        self: &Arc<Self>,
        worker: usize,
        onward: &mut Onward<'_>,
        terms: &Terms,
    ) -> Result<Response<AnswerStream>, NoAnswer> {
        let permit = self
            .breaker
            .admit(moment_ms(terms.begun.into()))
            .map_err(|wait_ms| NoAnswer {
                refusal: Refusal::UpstreamOpen,
                retry_after_s: Some(wait_ms.div_ceil(1_000).max(1)),
            })?;
        let outcome = self.deliver(worker, onward, terms).await;
        let ended_ms = now_ms();
        if let Ok(response) = &outcome
            && self.members.len() > 1
        {
            response.body().note_answer(ended_ms);
        }
        let verdict = match &outcome {
            Ok(response) => Some(verdict_of_service(response)),
            Err(refusal) => verdict_of_refusal(*refusal),
        };
        if let Some(verdict) = verdict {
            self.tell(permit.settle(verdict, ended_ms));
            self.note(outcome.is_err());
        }
        outcome.map_err(NoAnswer::from)
    }

    async fn deliver(
        self: &Arc<Self>,
        worker: usize,
        onward: &mut Onward<'_>,
        terms: &Terms,
    ) -> Result<Response<AnswerStream>, Refusal> {
        let mut left = terms.answer_timeout;
        let first = self.first_slot(worker, moment_ms(terms.begun.into()));
        let mut slot = if let Some(slot) = first {
            slot
        } else {
            let slot = self.wait_for_slot(worker).await?;
            left = time_left(terms)?;
            slot
        };
        let mut attempts = 0_u32;
        loop {
            let mut attempt = self.attempt(&slot, onward, terms, left, attempts).await;
            if let Some(verdict) = attempt.verdict {
                self.judge(&slot, verdict);
            }
            let goes_again = attempt.again
                && match attempt.better_off.take() {
                    Some(other) => {
                        slot = other;
                        true
                    }
                    None => self.next_slot(&mut slot, worker, attempts, attempt.was_stale),
                };
            if !goes_again {
                let (response, link) = attempt.outcome?;
                return Ok(response.map(|()| AnswerStream::new(link, slot, terms)));
            }
            left = time_left(terms)?;
            attempts = attempts.saturating_add(1);
        }
    }

    async fn attempt(
        self: &Arc<Self>,
        slot: &Slot,
        onward: &mut Onward<'_>,
        terms: &Terms,
        left: Duration,
        attempts: u32,
    ) -> Attempt {
        // What is sent again goes on a new connection: kept ones may all have been closed at once.
        let kept = (attempts == 0)
            .then(|| slot.take_idle(terms.begun))
            .flatten();
        let was_kept = kept.is_some();
        let (link, sent) = match kept {
            Some(link) => (link, terms.begun),
            None => match Link::open(&slot.instance).await {
                Ok(link) => (link, Instant::now()),
                Err(refusal) => return Attempt::failed(refusal, Some(Verdict::Refused), true),
            },
        };
        let may_leave = terms.may_repeat && attempts < self.settings.retries.max;
        let doubt = Doubt::about(self, slot, sent, may_leave);
        let told = (&slot.instance.host_header, left);
        let outcome = exchange(link, onward, told, terms, doubt).await;
        self.conclude(outcome, terms.may_repeat, was_kept)
    }

    fn conclude(
        &self,
        outcome: Result<Answered, Failure>,
        may_repeat: bool,
        was_kept: bool,
    ) -> Attempt {
        let again = match outcome {
            Ok((response, link)) => {
                let status = response.status();
                let is_tried_elsewhere = self.settings.retries.statuses.contains(&status.as_u16());
                return Attempt {
                    outcome: Ok((response, link)),
                    verdict: Some(verdict_of(status)),
                    again: may_repeat && is_tried_elsewhere,
                    was_stale: false,
                    better_off: None,
                };
            }
            Err(Failure::Refused(refusal)) => {
                return Attempt::failed(refusal, verdict_of_refusal(refusal), false);
            }
            // What is thought of the instance is known already.
            Err(Failure::BetterOff(other)) => {
                self.counters.retried.inc();
                return Attempt {
                    better_off: Some(other),
                    ..Attempt::failed(Refusal::UpstreamTimeout, None, true)
                };
            }
            Err(Failure::Unsent) => true,
            Err(Failure::Closed) => may_repeat,
        };
        Attempt {
            was_stale: was_kept,
            // A kept connection may have been closed by nobody's fault.
            ..Attempt::failed(
                Refusal::UpstreamBroken,
                (!was_kept).then_some(Verdict::Bad),
                again,
            )
        }
    }

    /// Moves the slot to where the request is sent next: to another instance, if need be to one that is
    /// out of use. The same one is asked again only after it closed a kept connection, which is no
    /// fault of anybody and costs no budget. False when the request is not sent again.
    fn next_slot(&self, slot: &mut Slot, worker: usize, attempts: u32, was_stale: bool) -> bool {
        if attempts >= self.settings.retries.max && !(was_stale && attempts == 0) {
            return false;
        }
        let now_ms = now_ms();
        let tried = Some(slot.place);
        let in_use = self.slot_in_use(worker, now_ms, tried);
        if was_stale {
            if let Some(other) = in_use {
                *slot = other;
            }
            return true;
        }
        let other = in_use.or_else(|| self.trial_slot(worker, tried));
        let Some(other) = other.filter(|_| self.has_budget(now_ms)) else {
            return false;
        };
        *slot = other;
        self.counters.retried.inc();
        true
    }

    /// Whether so few requests were sent again lately that one more does no harm.
    pub(super) fn has_budget(&self, now_ms: u64) -> bool {
        let retries = &self.settings.retries;
        let share = self.breaker.calls(now_ms) * u64::from(retries.budget_percent) / 100;
        let allowed = share.saturating_add(u64::from(retries.budget_floor));
        if self.retries.sum(now_ms).all() >= allowed {
            self.counters.out_of_budget.inc();
            return false;
        }
        self.retries.count(now_ms, true);
        true
    }

    /// A slot for a request's first attempt. When no instance is in use, all are: a request that may
    /// fail is better than one that must.
    fn first_slot(&self, worker: usize, now_ms: u64) -> Option<Slot> {
        if let [only] = &*self.members {
            return Slot::take(&only.instance, 0, worker);
        }
        self.slot_in_use(worker, now_ms, None).or_else(|| {
            let mut members = self.members.iter();
            let all_are_full = members.any(|member| self.is_usable(member, now_ms));
            (!all_are_full).then(|| self.trial_slot(worker, None))?
        })
    }

    /// A slot at an instance that is in use, and not at the place tried last.
    pub(super) fn slot_in_use(
        &self,
        worker: usize,
        now_ms: u64,
        tried: Option<usize>,
    ) -> Option<Slot> {
        let take = |place, member: &Member| Slot::take(&member.instance, place, worker);
        let usable =
            |place, member: &Member| tried != Some(place) && self.is_usable(member, now_ms);
        self.chooser.choose(&self.members, usable, take)
    }

    /// A slot wherever there is one, except at the place tried last.
    fn trial_slot(&self, worker: usize, tried: Option<usize>) -> Option<Slot> {
        let take = |place, member: &Member| Slot::take(&member.instance, place, worker);
        let untried = |place, _: &Member| tried != Some(place);
        let mut slot = self.chooser.choose(&self.members, untried, take)?;
        slot.is_trial = true;
        Some(slot)
    }

    /// Waits its turn when every connection is in use, as long as connecting may take.
    async fn wait_for_slot(&self, worker: usize) -> Result<Slot, Refusal> {
        let find = || self.first_slot(worker, now_ms());
        timeout(ms(self.settings.connect_timeout_ms), self.crowd.room(find))
            .await
            .map_err(|_late| Refusal::UpstreamBusy)
    }
}

/// What an answer says about who gave it: 501 and 505 are about the request.
fn verdict_of(status: StatusCode) -> Verdict {
    match status.as_u16() {
        501 | 505 => Verdict::Good,
        500.. => Verdict::Bad,
        _ => Verdict::Good,
    }
}

/// What an answer says about the service as a whole: a 503 that says when to come again was given on
/// purpose and in time. There is nothing to protect, and what it says is worth passing on.
fn verdict_of_service(response: &Response<AnswerStream>) -> Verdict {
    let is_on_purpose = response.status() == StatusCode::SERVICE_UNAVAILABLE
        && response.headers().contains_key(header::RETRY_AFTER);
    if is_on_purpose {
        return Verdict::Good;
    }
    verdict_of(response.status())
}

/// What the client did wrong, and a full house, say nothing against the upstream.
fn verdict_of_refusal(refusal: Refusal) -> Option<Verdict> {
    match refusal {
        Refusal::UpstreamBusy => None,
        Refusal::UpstreamDown => Some(Verdict::Refused),
        other if other.code().status() >= 500 => Some(Verdict::Bad),
        _ => None,
    }
}

/// What is left of the time for the answer's head.
fn time_left(terms: &Terms) -> Result<Duration, Refusal> {
    let left = terms.answer_timeout.checked_sub(terms.begun.elapsed());
    left.ok_or(Refusal::UpstreamTimeout)
}
