//! A call to a service: bulkhead, breaker, retries, attempts.

use crate::asking::Asking;
use crate::attempt::{Broken, Question, Reply, Target};
use crate::breaker::{Breaker, State, Verdict};
use crate::budget::Budget;
use crate::metrics::Metrics;
use crate::settings::UpstreamSettings;
use reqwest::header::HeaderValue;
use secrecy::ExposeSecret;
use service::health::{Health, Status};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

/// A place among the calls under way is not waited for any longer: a service that is slow gets no queue.
const PLACE_TIMEOUT: Duration = Duration::from_millis(100);
/// Kept connections are for the next burst; the service closes its end after 75 s.
const IDLE: Duration = Duration::from_mins(1);

/// Why a service cannot be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Its key cannot be read.
    #[error("the key of an upstream cannot be read")]
    Key(#[from] service::secrets::SecretError),
    /// Its key cannot stand in a header.
    #[error("the key of an upstream is not printable ASCII")]
    UnusableKey,
    /// Its address is no `http://` or `https://` URL.
    #[error("the address of an upstream is not a URL: {0}")]
    Address(String),
    /// The HTTP client cannot be made.
    #[error("the HTTP client of an upstream cannot be made")]
    Client(#[source] reqwest::Error),
}

/// Why a call brought no answer that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The breaker is open for so long.
    #[error("the service is left alone after failures")]
    Open(Duration),
    /// Too many calls are under way.
    #[error("too many calls to the service are under way")]
    Busy,
    /// It did not answer in time.
    #[error("the service did not answer in time")]
    Late,
    /// It failed; perhaps it said when to ask again.
    #[error("the service failed")]
    Failed(Option<Duration>),
}

impl Failure {
    /// When asking again makes sense.
    pub fn retry_after(self) -> Duration {
        match self {
            Self::Open(left) => left,
            Self::Failed(Some(said)) => said,
            Self::Busy | Self::Late | Self::Failed(None) => Duration::from_secs(1),
        }
    }
}

/// A service that can be asked.
#[derive(Clone)]
pub struct Upstream {
    name: &'static str,
    settings: UpstreamSettings,
    target: Arc<Target>,
    places: Arc<Semaphore>,
    metrics: Metrics,
    runtime: Handle,
}

impl Upstream {
    /// The service at an address. Connections live on the runtime that this is called in.
    pub fn new(name: &'static str, settings: &UpstreamSettings) -> Result<Self, SetupError> {
        let is_url =
            reqwest::Url::parse(&settings.url).is_ok_and(|url| url.scheme().starts_with("http"));
        if !is_url {
            return Err(SetupError::Address(settings.url.clone()));
        }
        let client = reqwest::Client::builder()
            .connect_timeout(settings.connect_timeout())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(settings.max_in_flight)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(SetupError::Client)?;
        let target = Target {
            client,
            url: settings.url.trim_end_matches('/').to_owned(),
            key: key(settings)?,
        };
        Ok(Self {
            name,
            settings: settings.clone(),
            target: Arc::new(target),
            places: Arc::new(Semaphore::new(settings.max_in_flight)),
            metrics: Metrics::new(name),
            runtime: Handle::current(),
        })
    }

    /// A kind of calls with a breaker of its own.
    pub fn operation(&self, name: &'static str) -> Operation {
        let breaker = Breaker::new(self.name, name, &self.settings.breaker);
        self.metrics.watch(name, &breaker);
        Operation {
            upstream: self.clone(),
            breaker,
            budget: Arc::new(Budget::new(self.settings.retries.clone())),
        }
    }

    /// Counts an answer that somebody else gave in its place.
    pub fn note_fallback(&self, source: &'static str) {
        self.metrics.fallback(source);
    }
}

fn key(settings: &UpstreamSettings) -> Result<Option<HeaderValue>, SetupError> {
    let Some(path) = &settings.key_file else {
        return Ok(None);
    };
    let text = service::secrets::read(path)?;
    let mut lines = text.expose_secret().lines().map(str::trim);
    let first = lines
        .find(|line| !line.is_empty() && !line.starts_with('#'))
        .unwrap_or_default();
    let key = HeaderValue::from_str(first)
        .ok()
        .filter(|key| !key.is_empty());
    let mut key = key.ok_or(SetupError::UnusableKey)?;
    key.set_sensitive(true);
    Ok(Some(key))
}

/// One kind of calls to a service.
#[derive(Clone)]
pub struct Operation {
    upstream: Upstream,
    breaker: Arc<Breaker>,
    budget: Arc<Budget>,
}

impl Operation {
    /// Asks the service. A reply is one that says something: 2xx, 3xx, or 4xx other than 408 and 429.
    pub async fn call(&self, question: &Question, asking: &Asking) -> Result<Reply, Failure> {
        let patience = PLACE_TIMEOUT.min(asking.left());
        let place = tokio::time::timeout(patience, self.upstream.places.acquire()).await;
        let Ok(Ok(_place)) = place else {
            self.upstream.metrics.attempt("busy", patience);
            return Err(Failure::Busy);
        };
        let permit = self.breaker.admit().map_err(|left| {
            self.upstream.metrics.attempt("open", Duration::ZERO);
            Failure::Open(left)
        })?;
        self.budget.note_call();
        let mut retries = 0;
        let mut before = None;
        loop {
            let limit = self.limit(asking);
            let ended = self.attempt(question, asking, limit).await;
            let verdict = match &ended {
                Ok(reply) => reply.verdict(),
                Err(broken) => broken.verdict(),
            };
            // What was cut short by the caller's own deadline says nothing about the service.
            let is_cut_short = ended.as_ref().is_err_and(|it| *it == Broken::Late)
                && limit < self.upstream.settings.attempt_timeout();
            if is_cut_short {
                // An attempt before it did say something.
                if let Some(verdict) = before {
                    permit.settle(verdict);
                }
                return Err(Failure::Late);
            }
            before = Some(verdict);
            let pause = match verdict {
                Verdict::Good => None,
                _ if permit.is_probe() => None,
                _ => self.pause_before_retry(&ended, asking, retries),
            };
            let Some(pause) = pause else {
                permit.settle(verdict);
                return conclude(ended, verdict);
            };
            retries = retries.saturating_add(1);
            tokio::time::sleep(pause).await;
            if self.breaker.state() != State::Closed {
                permit.settle(verdict);
                return conclude(ended, verdict);
            }
        }
    }

    async fn attempt(
        &self,
        question: &Question,
        asking: &Asking,
        limit: Duration,
    ) -> Result<Reply, Broken> {
        let begun = Instant::now();
        let ended = self.upstream.target.attempt(question, asking, limit).await;
        let outcome = ended
            .as_ref()
            .map_or_else(|it| it.outcome(), |_| "answered");
        self.upstream.metrics.attempt(outcome, begun.elapsed());
        ended
    }

    fn limit(&self, asking: &Asking) -> Duration {
        asking.left().min(self.upstream.settings.attempt_timeout())
    }

    /// How long to wait before trying again; none when that is not done. A late answer is not asked for again: the time
    /// is gone, and a slow service needs less work, not more.
    fn pause_before_retry(
        &self,
        ended: &Result<Reply, Broken>,
        asking: &Asking,
        retries: u32,
    ) -> Option<Duration> {
        let said = match ended {
            Ok(reply) => reply.retry_after(),
            Err(Broken::Late) => return None,
            Err(_) => None,
        };
        let jitter = || Duration::from_millis(rand::random_range(50..=400));
        let pause = said.unwrap_or_else(jitter);
        (pause < asking.left() && self.budget.take(retries)).then_some(pause)
    }

    /// What the breaker lets through.
    pub fn state(&self) -> State {
        self.breaker.state()
    }

    /// The service that is asked.
    pub fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.upstream.runtime
    }

    pub(crate) fn attempt_timeout(&self) -> Duration {
        self.upstream.settings.attempt_timeout()
    }
}

/// Adds an entry to `/health`: degraded while one of these is not closed. `breaker` is the state of the worst.
pub fn watch(health: Health, name: &'static str, operations: Vec<Operation>) -> Health {
    health.watch(name, move || {
        let all = operations.iter().map(Operation::state);
        // Open is worse than half open.
        let worst = all
            .max_by_key(|state| match state {
                State::Closed => 0,
                State::HalfOpen => 1,
                State::Open => 2,
            })
            .unwrap_or(State::Closed);
        let status = match worst {
            State::Closed => Status::Ok,
            State::HalfOpen | State::Open => Status::Degraded,
        };
        let facts = BTreeMap::from([("breaker", worst.as_str().to_owned())]);
        (status, facts)
    })
}

fn conclude(ended: Result<Reply, Broken>, verdict: Verdict) -> Result<Reply, Failure> {
    match ended {
        Ok(reply) if verdict == Verdict::Good => Ok(reply),
        Ok(reply) => Err(Failure::Failed(reply.retry_after())),
        Err(Broken::Late) => Err(Failure::Late),
        Err(_) => Err(Failure::Failed(None)),
    }
}
