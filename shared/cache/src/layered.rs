//! The way an answer takes: the process's own memory, Redis, the source.

use crate::{Answer, RedisStore};
use opentelemetry::KeyValue;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long answers are kept and how much of them in the process.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Up to this age an answer is served as it is.
    pub fresh_for: Duration,
    /// Up to this age it is served while a new one is fetched.
    pub keep_for: Duration,
    /// Bytes that the process holds at most.
    pub local_bytes: u64,
}

/// A cache for answers of one kind.
#[derive(Clone)]
pub struct Cache {
    local: moka::future::Cache<Arc<str>, Arc<Answer>>,
    redis: Option<RedisStore>,
    policy: Policy,
    requests: Requests,
}

impl Cache {
    /// An empty cache. Without Redis it keeps answers in the process only.
    pub fn new(name: &'static str, redis: Option<RedisStore>, policy: Policy) -> Self {
        let weight = |key: &Arc<str>, answer: &Arc<Answer>| {
            u32::try_from(answer.body.len().saturating_add(key.len())).unwrap_or(u32::MAX)
        };
        let local = moka::future::Cache::builder()
            .weigher(weight)
            .max_capacity(policy.local_bytes)
            .time_to_live(policy.keep_for)
            .build();
        Self {
            local,
            redis,
            policy,
            requests: Requests::new(name),
        }
    }

    /// The answer under a key, from wherever it is nearest; `load` asks the source.
    ///
    /// The error is the source's own, shared by everyone who waited for it.
    pub async fn get_or_load<F, Fut, E>(&self, key: &str, load: F) -> Result<Arc<Answer>, Arc<E>>
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<Vec<u8>, E>> + Send + 'static,
        E: Send + Sync + 'static,
    {
        if let Some(answer) = self.local.get(key).await {
            if answer.age() > self.policy.fresh_for {
                self.requests.count(Found::Stale);
                self.refresh(key, &answer, load);
            } else {
                self.requests.count(Found::Local);
            }
            return Ok(answer);
        }
        let key: Arc<str> = key.into();
        let (this, name) = (self.clone(), Arc::clone(&key));
        self.local
            .try_get_with(key, async move { this.fetch(&name, load).await })
            .await
    }

    /// What is kept under a key, however old, for a caller that judges its age itself.
    pub async fn find(&self, key: &str) -> Option<Arc<Answer>> {
        if let Some(answer) = self.local.get(key).await {
            self.requests.count(Found::Local);
            return Some(answer);
        }
        let kept = self.look_in_redis(key).await;
        let Some(answer) = kept.filter(|answer| answer.age() <= self.policy.keep_for) else {
            self.requests.count(Found::Source);
            return None;
        };
        self.requests.count(Found::Redis);
        let answer = Arc::new(answer);
        self.local.insert(key.into(), Arc::clone(&answer)).await;
        Some(answer)
    }

    /// Keeps what came from its source just now.
    pub async fn put(&self, key: &str, body: Vec<u8>) {
        let (key, answer) = (Arc::<str>::from(key), Arc::new(Answer::fresh(body)));
        self.keep_in_redis(&key, &answer);
        self.local.insert(key, answer).await;
    }

    async fn fetch<F, Fut, E>(&self, key: &Arc<str>, load: F) -> Result<Arc<Answer>, E>
    where
        F: FnOnce() -> Fut + Send,
        Fut: Future<Output = Result<Vec<u8>, E>> + Send,
    {
        if let Some(answer) = self.look_in_redis(key).await {
            self.requests.count(Found::Redis);
            return Ok(Arc::new(answer));
        }
        self.requests.count(Found::Source);
        let answer = Arc::new(Answer::fresh(load().await?));
        self.keep_in_redis(key, &answer);
        Ok(answer)
    }

    fn refresh<F, Fut, E>(&self, key: &str, stale: &Arc<Answer>, load: F)
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<Vec<u8>, E>> + Send + 'static,
        E: Send + Sync + 'static,
    {
        if !stale.claim_refresh() {
            return;
        }
        let (this, key, stale) = (self.clone(), Arc::<str>::from(key), Arc::clone(stale));
        tokio::spawn(async move {
            match load().await {
                Ok(body) => {
                    let answer = Arc::new(Answer::fresh(body));
                    this.keep_in_redis(&key, &answer);
                    this.local.insert(key, answer).await;
                }
                // The stale answer stays; the next caller past this tries again.
                Err(_) => stale.give_up_refresh(),
            }
        });
    }

    async fn look_in_redis(&self, key: &str) -> Option<Answer> {
        let kept = self.redis.as_ref()?.get(key).await;
        if let Err(error) = &kept {
            tracing::debug!(%error, "a Redis failure counts as a miss");
        }
        Answer::from_wire(kept.ok()??)
    }

    /// In the background: nobody waits for a cache to be filled.
    fn keep_in_redis(&self, key: &Arc<str>, answer: &Arc<Answer>) {
        let Some(redis) = self.redis.clone() else {
            return;
        };
        let (key, answer, keep_for) = (Arc::clone(key), Arc::clone(answer), self.policy.keep_for);
        tokio::spawn(async move {
            if let Err(error) = redis.set(&key, &answer.to_wire(), keep_for).await {
                tracing::debug!(%error, "an answer was not kept in Redis");
            }
        });
    }
}

#[derive(Clone, Copy)]
enum Found {
    Local,
    Redis,
    Stale,
    Source,
}

/// How often answers were found where. Counted in the process and read when somebody looks: a counter of OpenTelemetry
/// costs as much as the look-up itself.
#[derive(Clone, Default)]
struct Requests(Arc<[AtomicU64; 4]>);

const PLACES: [&str; 4] = ["local", "redis", "stale", "source"];

impl Requests {
    fn new(cache: &'static str) -> Self {
        let this = Self::default();
        let shown = this.clone();
        opentelemetry::global::meter("cache")
            .u64_observable_counter("mvp_cache_requests")
            .with_description("Look-ups by where the answer was found")
            .with_callback(move |counter| {
                for (count, place) in shown.0.iter().zip(PLACES) {
                    let labels = [
                        KeyValue::new("cache", cache),
                        KeyValue::new("result", place),
                    ];
                    counter.observe(count.load(Ordering::Relaxed), &labels);
                }
            })
            .build();
        this
    }

    fn count(&self, found: Found) {
        let [local, redis, stale, source] = &*self.0;
        let place = match found {
            Found::Local => local,
            Found::Redis => redis,
            Found::Stale => stale,
            Found::Source => source,
        };
        place.fetch_add(1, Ordering::Relaxed);
    }
}
