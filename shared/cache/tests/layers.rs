//! The cache against a real Redis that is well, killed and frozen.
#![allow(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use cache::{Answer, Cache, Policy, RedisSettings, RedisStore};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use test_kit::{RedisServer, eventually, eventually_async};

const WEEK: Duration = Duration::from_hours(7 * 24);
const POLICY: Policy = Policy {
    fresh_for: WEEK,
    keep_for: WEEK,
    local_bytes: 1 << 20,
};

fn store(server: &RedisServer) -> RedisStore {
    let settings = RedisSettings {
        host: "127.0.0.1".into(),
        port: server.port,
        password_file: None,
    };
    RedisStore::new(&settings).unwrap()
}

/// A source that counts how often it is asked.
#[derive(Clone, Default)]
struct Source(Arc<AtomicU32>);

impl Source {
    fn asked(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }

    async fn read(&self, cache: &Cache, key: &str) -> Result<Arc<Answer>, Arc<&'static str>> {
        let asked = Arc::clone(&self.0);
        let load = move || async move {
            let times = asked.fetch_add(1, Ordering::SeqCst) + 1;
            tokio::time::sleep(Duration::from_millis(5)).await;
            Ok(format!("answer {times}").into_bytes())
        };
        cache.get_or_load(key, load).await
    }
}

#[tokio::test]
async fn another_process_finds_the_answer_in_redis() {
    let server = RedisServer::start();
    let source = Source::default();
    let one = Cache::new("test", Some(store(&server)), POLICY);
    let first = source.read(&one, "k").await.unwrap();
    let reader = store(&server);
    eventually_async("the answer is in Redis", || async {
        reader.get("k").await.unwrap().is_some()
    })
    .await;
    let other = Cache::new("test", Some(store(&server)), POLICY);
    let second = source.read(&other, "k").await.unwrap();
    assert_eq!(source.asked(), 1);
    assert_eq!((&first.body, &first.etag), (&second.body, &second.etag));
}

#[tokio::test]
async fn five_hundred_callers_ask_the_source_once() {
    let (source, cache) = (Source::default(), Cache::new("test", None, POLICY));
    let callers = (0..500).map(|_| {
        let (source, cache) = (source.clone(), cache.clone());
        tokio::spawn(async move { source.read(&cache, "k").await.unwrap().body.clone() })
    });
    for caller in callers.collect::<Vec<_>>() {
        assert_eq!(caller.await.unwrap(), "answer 1");
    }
    assert_eq!(source.asked(), 1);
}

#[tokio::test]
async fn a_stale_answer_is_served_while_one_caller_fetches_a_new_one() {
    let policy = Policy {
        fresh_for: Duration::ZERO,
        ..POLICY
    };
    let (source, cache) = (Source::default(), Cache::new("test", None, policy));
    source.read(&cache, "k").await.unwrap();
    tokio::time::sleep(Duration::from_millis(2)).await;
    for _ in 0..10 {
        assert_eq!(source.read(&cache, "k").await.unwrap().body, "answer 1");
    }
    eventually("the source was asked again", || source.asked() == 2).await;
    eventually_async("the new answer is served", || async {
        source.read(&cache, "k").await.unwrap().body != "answer 1"
    })
    .await;
}

#[tokio::test]
async fn a_failed_source_is_an_error_for_everyone_and_is_asked_again_later() {
    let cache = Cache::new("test", None, POLICY);
    let failed = cache
        .get_or_load("k", || async { Err::<Vec<u8>, _>("away") })
        .await;
    assert_eq!(*failed.unwrap_err(), "away");
    let source = Source::default();
    assert_eq!(source.read(&cache, "k").await.unwrap().body, "answer 1");
}

#[tokio::test]
async fn a_killed_redis_is_a_miss_and_serves_again_once_it_is_back() {
    let mut server = RedisServer::start();
    let redis = store(&server);
    let (source, cache) = (
        Source::default(),
        Cache::new("test", Some(redis.clone()), POLICY),
    );
    source.read(&cache, "before").await.unwrap();
    server.kill();
    for key in ["a", "b", "c", "d", "e", "f", "g"] {
        source.read(&cache, key).await.unwrap();
    }
    server.restart();
    eventually_async("Redis answers again", || async {
        redis.ping().await.is_ok()
    })
    .await;
}

#[tokio::test]
async fn a_frozen_redis_costs_a_few_requests_its_deadline_and_the_rest_nothing() {
    let server = RedisServer::start();
    let redis = store(&server);
    redis.ping().await.unwrap();
    let (source, cache) = (Source::default(), Cache::new("test", Some(redis), POLICY));
    server.freeze();
    let begun = Instant::now();
    for key in 0..100 {
        source.read(&cache, &format!("k{key}")).await.unwrap();
    }
    let taken = begun.elapsed();
    server.thaw();
    // Left alone after five failures of 50 ms; without that, 100 requests would take over five seconds.
    assert!(taken < Duration::from_secs(3), "took {taken:?}");
    assert_eq!(source.asked(), 100);
}
