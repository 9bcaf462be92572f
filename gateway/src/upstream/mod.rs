//! The services behind the gateway and the connections to them.

mod balance;
mod breaker;
mod clock;
mod doubt;
mod exchange;
mod instance;
mod link;
mod metrics;
mod onward;
mod pool;
mod probe;
mod receiving;
mod send;
mod sending;
mod standing;

pub(crate) use breaker::State as BreakerState;
pub(crate) use clock::now_ms;
pub(crate) use exchange::{AnswerStream, CutShort, Terms};
pub(crate) use metrics::UpstreamMetrics;
pub(crate) use onward::Onward;
pub(crate) use probe::ask;

use crate::settings::UpstreamSettings;
use ::upstream::window::Window;
use balance::{Chooser, Member};
use breaker::{Breaker, Change, Verdict};
use http::uri::Authority;
use instance::{Crowd, Instance, Limits, Slot};
use metrics::Counters;
use prometheus::IntCounter;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A service behind the gateway; shared by every worker.
#[derive(Debug)]
pub(crate) struct Upstream {
    /// Its name in the configuration.
    pub(crate) name: String,
    /// What the configuration says.
    pub(crate) settings: UpstreamSettings,
    members: Box<[Member]>,
    /// In the order of the members.
    ejections: Box<[IntCounter]>,
    chooser: Chooser,
    crowd: Arc<Crowd>,
    breaker: Arc<Breaker>,
    /// Requests sent again in the last ten seconds.
    retries: Arc<Window>,
    counters: Counters,
    failing: AtomicBool,
    /// Held while an instance is ejected, so that not too many are.
    ejecting: Mutex<()>,
    /// Whether its probes were started.
    begun: AtomicBool,
}

impl Upstream {
    /// Builds the upstream from valid settings. What it has in common with the one that had its name
    /// before stays: connections, health, the breaker.
    pub(crate) fn new(
        name: &str,
        settings: &UpstreamSettings,
        workers: usize,
        metrics: &UpstreamMetrics,
        before: Option<&Arc<Self>>,
    ) -> Result<Arc<Self>, &'static str> {
        if let Some(before) = before.filter(|before| before.settings == *settings) {
            return Ok(Arc::clone(before));
        }
        let limits = Limits::of(settings);
        let crowd = before.map(|before| Arc::clone(&before.crowd));
        let crowd = crowd.unwrap_or_default();
        let mut members = Vec::new();
        for (authority, weight) in settings.authorities()? {
            let known = before.and_then(|before| before.instance(&authority, &limits));
            let instance = match known {
                Some(instance) => instance,
                None => Arc::new(Instance::new(
                    authority,
                    limits.clone(),
                    Arc::clone(&crowd),
                    workers,
                )?),
            };
            members.push(Member { instance, weight });
        }
        if members.is_empty() {
            return Err("is missing");
        }
        let weights: Vec<u32> = members.iter().map(|member| member.weight).collect();
        let ejections = members
            .iter()
            .map(|member| metrics.ejections(name, member.instance.authority.as_str()));
        let breaker = before
            .map(|before| &before.breaker)
            .filter(|breaker| *breaker.settings() == settings.breaker);
        let upstream = Arc::new(Self {
            name: name.to_owned(),
            ejections: ejections.collect(),
            members: members.into_boxed_slice(),
            chooser: Chooser::new(settings.balance, &weights),
            crowd,
            breaker: breaker.map_or_else(|| Arc::new(Breaker::new(&settings.breaker)), Arc::clone),
            retries: before.map_or_else(Arc::default, |before| Arc::clone(&before.retries)),
            counters: metrics.counters(name),
            failing: AtomicBool::new(before.is_some_and(|before| before.is_failing())),
            ejecting: Mutex::default(),
            begun: AtomicBool::new(false),
            settings: settings.clone(),
        });
        Ok(upstream)
    }

    /// Starts the probes, once the settings are in force; those of the settings before end.
    pub(crate) fn begin(self: &Arc<Self>) {
        if !self.begun.swap(true, Ordering::Relaxed) {
            probe::start(self);
        }
    }

    /// Its instances.
    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    /// Its circuit breaker.
    pub(crate) fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    /// Whether the last request to it failed.
    pub(crate) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    fn instance(&self, authority: &Authority, limits: &Limits) -> Option<Arc<Instance>> {
        let mut instances = self.members.iter().map(|member| &member.instance);
        instances
            .find(|it| it.authority == *authority && it.limits == *limits)
            .map(Arc::clone)
    }

    fn note(&self, failing: bool) {
        // Written only on change: every worker reads this line.
        if self.is_failing() != failing {
            self.failing.store(failing, Ordering::Relaxed);
            if failing {
                tracing::warn!(upstream = self.name, "the upstream began to fail");
            } else {
                tracing::info!(upstream = self.name, "the upstream answers again");
            }
        }
    }

    /// What is asked of an instance to learn how it is.
    pub(crate) fn health_path(&self) -> &str {
        let own = self.settings.health_check.as_ref();
        let own = own.and_then(|check| check.path.as_deref());
        own.unwrap_or(&self.settings.health_path)
    }

    fn tell(self: &Arc<Self>, change: Option<Change>) {
        match change {
            None => {}
            Some(Change::Opened) => {
                self.counters.trips.inc();
                tracing::warn!(upstream = self.name, "the circuit breaker opened");
                if self.breaker.waits_for_connections(now_ms()) {
                    tokio::spawn(probe::await_connections(Arc::downgrade(self)));
                }
            }
            Some(Change::Closed) => {
                tracing::info!(upstream = self.name, "the circuit breaker closed");
            }
        }
    }

    /// Whether an instance should be sent requests; says so when its ejection is over.
    fn is_usable(&self, member: &Member, now_ms: u64) -> bool {
        let standing = &member.instance.standing;
        if standing.take_back(now_ms, self.settings.ejection.consecutive_failures) {
            let address = member.instance.authority.as_str();
            tracing::info!(
                upstream = self.name,
                address,
                "the instance is tried again after its ejection"
            );
        }
        standing.is_usable(now_ms)
    }

    /// What a request to an instance says about it.
    fn judge(&self, slot: &Slot, verdict: Verdict) {
        let standing = &slot.instance.standing;
        let limit = self.settings.ejection.consecutive_failures;
        if verdict == Verdict::Good {
            standing.note_good();
            if slot.is_trial && standing.forgive() {
                let address = slot.instance.authority.as_str();
                tracing::info!(upstream = self.name, address, "the instance answers again");
            }
        } else if standing.note_bad(limit) {
            self.eject(slot.place, "its requests failed");
        }
    }

    fn eject(&self, place: usize, reason: &str) {
        let Some(member) = self.members.get(place) else {
            return;
        };
        let now_ms = now_ms();
        let _turn = self.ejecting.lock().unwrap_or_else(PoisonError::into_inner);
        let is_out = |it: &&Member| it.instance.standing.ejected_for_ms(now_ms) > 0;
        let out = self.members.iter().filter(is_out).count();
        let wanted = out.saturating_add(1).saturating_mul(100);
        let max_percent = self.settings.ejection.max_percent;
        let allowed = usize::try_from(max_percent).unwrap_or_default();
        if wanted > self.members.len().saturating_mul(allowed) {
            return;
        }
        let standing = &member.instance.standing;
        let ejected = standing.eject(&self.settings.ejection, now_ms);
        let Some(ejected_ms) = ejected else { return };
        if let Some(counter) = self.ejections.get(place) {
            counter.inc();
        }
        tracing::warn!(
            upstream = self.name,
            address = member.instance.authority.as_str(),
            ejected_ms,
            reason,
            "the instance is ejected"
        );
    }
}
