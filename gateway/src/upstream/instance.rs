//! One instance of a service: where it is, how busy it is, and the connections kept to it.

use super::link::Link;
use super::pool::Pool;
use super::standing::Standing;
use crate::lasting::{lasting, lasting_header};
use crate::settings::{UpstreamSettings, ms};
use http::HeaderValue;
use http::uri::Authority;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// The terms on which an instance is connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(super) connect_timeout: Duration,
    pub(super) keep_alive: Duration,
    pub(super) max_idle: usize,
    max_in_flight: usize,
}

impl Limits {
    pub(super) fn of(settings: &UpstreamSettings) -> Self {
        Self {
            connect_timeout: ms(settings.connect_timeout_ms),
            keep_alive: ms(settings.keep_alive_ms),
            max_idle: settings.max_idle_connections,
            max_in_flight: settings.max_connections,
        }
    }
}

/// One instance of a service; shared by every worker.
#[derive(Debug)]
pub(crate) struct Instance {
    /// Its host and port.
    pub(crate) authority: Authority,
    /// The same for logs.
    pub(crate) name: &'static str,
    /// The same in `Host`.
    pub(crate) host_header: HeaderValue,
    /// What is thought of it.
    pub(crate) standing: Standing,
    /// Which task probes it; the others end.
    pub(super) prober: AtomicUsize,
    /// Whether it is being asked for its health because it answers nobody.
    pub(super) questioned: AtomicBool,
    pub(super) limits: Limits,
    host: String,
    port: u16,
    /// No settings name it any more: connections to it are not kept.
    retired: AtomicBool,
    traffic: Traffic,
    crowd: Arc<Crowd>,
    pools: Box<[Pool]>,
}

/// Written with every request: it shares no cache line with what is only read.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Traffic {
    in_flight: AtomicUsize,
    /// When it last answered anybody, as far as that is written down.
    answered_ms: AtomicU64,
}

/// Requests that wait until an instance has room.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    waiting: AtomicUsize,
    freed: Notify,
}

impl Instance {
    /// An instance that nothing is known of, with a pool for each worker.
    pub(super) fn new(
        authority: Authority,
        limits: Limits,
        crowd: Arc<Crowd>,
        workers: usize,
    ) -> Result<Self, &'static str> {
        let host_header = lasting_header(authority.as_str()).ok_or("has an unusable host")?;
        Ok(Self {
            name: lasting(authority.as_str()),
            host_header,
            host: authority
                .host()
                .trim_start_matches('[')
                .trim_end_matches(']')
                .to_owned(),
            port: authority.port_u16().unwrap_or(80),
            authority,
            standing: Standing::default(),
            prober: AtomicUsize::new(0),
            questioned: AtomicBool::new(false),
            limits,
            retired: AtomicBool::new(false),
            traffic: Traffic::default(),
            crowd,
            pools: (0..workers).map(|_| Pool::default()).collect(),
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> (&str, u16) {
        (&self.host, self.port)
    }

    /// Requests on their way to it.
    pub(crate) fn in_flight(&self) -> usize {
        self.traffic.in_flight.load(Ordering::Relaxed)
    }

    /// It answered somebody.
    pub(super) fn note_answer(&self, now_ms: u64) {
        self.traffic.answered_ms.store(now_ms, Ordering::Relaxed);
    }

    /// When it last answered anybody.
    pub(super) fn answered_ms(&self) -> u64 {
        self.traffic.answered_ms.load(Ordering::Relaxed)
    }

    /// Drops connections that are too old or were closed; called once a second.
    pub(crate) fn sweep(&self, worker: usize) {
        if let Some(pool) = self.pools.get(worker) {
            pool.sweep(self.limits.keep_alive);
        }
    }

    /// Closes what is kept; requests on their way end as they would have.
    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
        self.pools.iter().for_each(Pool::clear);
    }

    fn try_enter(&self) -> bool {
        let limit = self.limits.max_in_flight;
        let more = |now: usize| (now < limit).then(|| now.saturating_add(1));
        // As strict as `leave`: see there.
        self.traffic
            .in_flight
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, more)
            .is_ok()
    }

    /// The order is total with `Crowd::room`: either this sees who waits, or who waits sees the room.
    fn leave(&self) {
        self.traffic.in_flight.fetch_sub(1, Ordering::SeqCst);
        if self.crowd.waiting.load(Ordering::SeqCst) > 0 {
            self.crowd.freed.notify_one();
        }
    }
}

impl Crowd {
    /// Waits until `find` finds room.
    pub(super) async fn room<T>(&self, find: impl Fn() -> Option<T>) -> T {
        let _waiter = Waiter::count(&self.waiting);
        loop {
            if let Some(found) = find() {
                // Two places that were freed at once leave one mark: the next may find room too.
                if self.waiting.load(Ordering::SeqCst) > 1 {
                    self.freed.notify_one();
                }
                return found;
            }
            // A place that was freed since then has left its mark in `freed`.
            self.freed.notified().await;
        }
    }
}

/// One who waits, also when he gives up.
struct Waiter<'a>(&'a AtomicUsize);

impl<'a> Waiter<'a> {
    fn count(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::SeqCst);
        Self(waiting)
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The right to have one request on its way to an instance.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(super) instance: Arc<Instance>,
    /// The instance's place among those of its upstream.
    pub(super) place: usize,
    /// Whether the instance was out of use, so that a good answer brings it back.
    pub(super) is_trial: bool,
    /// Whose connections it uses.
    pub(super) worker: usize,
}

impl Slot {
    /// A slot, if the instance has room.
    pub(super) fn take(instance: &Arc<Instance>, place: usize, worker: usize) -> Option<Self> {
        instance.try_enter().then(|| Self {
            instance: Arc::clone(instance),
            place,
            is_trial: false,
            worker,
        })
    }

    /// A connection from the pool of this worker.
    pub(super) fn take_idle(&self, now: Instant) -> Option<Box<Link>> {
        self.pool()?.take(self.instance.limits.keep_alive, now)
    }

    /// Keeps a connection for the next request, unless enough are kept already.
    pub(super) fn put_back(&self, link: Box<Link>) {
        if !self.instance.retired.load(Ordering::Relaxed)
            && let Some(pool) = self.pool()
        {
            pool.put(link, self.instance.limits.max_idle);
        }
    }

    fn pool(&self) -> Option<&Pool> {
        self.instance.pools.get(self.worker)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.instance.leave();
    }
}
