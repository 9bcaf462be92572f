//! The platform frozen, killed, slow, cut and reset; Redis frozen and killed.

use crate::house::{House, MAKES, NO_REDIS, OfSource as _};
use crate::platform::Platform;
use std::time::Duration;
use test_kit::{Answer, ChaosProxy, RedisServer, eventually_async};

/// Attempts of 300 ms and an open time of a second, so that a test need not wait for half a minute.
const HASTY: [(&str, &str); 3] = [
    ("PLATFORM_VEHICLES__ATTEMPT_TIMEOUT_MS", "300"),
    ("PLATFORM_VEHICLES__BREAKER__OPEN_MS", "1000"),
    ("PLATFORM_DATA__FOLLOW_S", "1"),
];
const KNOWN: [&str; 3] = [
    MAKES,
    "/api/platform/years",
    "/api/platform/makes?year=2021",
];

async fn warmed(house: &House) {
    for path in KNOWN {
        house.found(path).await;
    }
}

fn cold(nth: usize) -> String {
    format!("/api/platform/makes?year={}&vehicle_type=car", 1981 + nth)
}

#[track_caller]
fn is_quick_refusal(answer: &Answer) {
    answer.is_problem(503, "unavailable");
    assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
    assert!(!answer.text.contains("127.0.0.1"), "{}", answer.text);
}

/// Everything known is answered, everything else refused, at once.
async fn is_outlived(house: &House, name: &str) {
    let hit = futures_util::future::join_all(
        (0..20).map(|nth| async move { house.get(&cold(nth)).await }),
    );
    hit.await.iter().for_each(is_quick_refusal);
    eventually_async("the breaker is open", || async {
        house.breaker().await != "closed"
    })
    .await;
    let health = house.found("/api/health").await;
    assert_eq!(health["status"], "degraded", "{name}");
    assert_eq!(house.get("/health/ready").await.status, 200, "{name}");
    let (mut slowest_known, mut refused_at_once) = (Duration::ZERO, 0);
    for nth in 0..30 {
        let known = house.get(KNOWN[nth % KNOWN.len()]).await;
        known.is_from("cache");
        slowest_known = slowest_known.max(known.taken);
        let unknown = house.get(&cold(nth)).await;
        is_quick_refusal(&unknown);
        refused_at_once += usize::from(unknown.taken < Duration::from_millis(200));
    }
    assert!(
        slowest_known < Duration::from_secs(1),
        "{name}: {slowest_known:?}"
    );
    // The others may have been the probe.
    assert!(refused_at_once >= 20, "{name}: {refused_at_once}");
}

/// Everything is answered again without anybody's having to run into a refusal.
async fn is_well_again(house: &House) {
    eventually_async("the breaker is closed", || async {
        house.breaker().await == "closed"
    })
    .await;
    eventually_async("an unknown list is answered", || async {
        house.get(&cold(35)).await.status == 200
    })
    .await;
    let health = house.found("/api/health").await;
    assert_eq!(health["checks"]["platform_vehicles"]["status"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_platform_is_outlived_and_found_again() {
    let platform = Platform::start().await;
    let house = House::start(&platform.url(), NO_REDIS, &HASTY).await;
    warmed(&house).await;
    platform.freeze();
    is_outlived(&house, "frozen").await;
    platform.thaw();
    is_well_again(&house).await;
    let log = house.log();
    let metrics = house.get("/metrics").await.text;
    let lines = |said: &str| u64::try_from(log.matches(said).count()).unwrap();
    let opened = sum(&metrics, "mvp_circuit_breaker_opened_total");
    assert!(opened > 0);
    assert_eq!(lines("circuit breaker opened"), opened, "a line each");
    assert_eq!(lines("circuit breaker closed"), 1, "of the lists");
    assert_eq!(sum(&metrics, "mvp_circuit_breaker_state"), 0, "{metrics}");
    assert!(sum(&metrics, "mvp_fallback_total") > 0);
}

/// The values of all series of a metric together.
fn sum(metrics: &str, name: &str) -> u64 {
    let series = metrics.lines().filter(|line| line.starts_with(name));
    series
        .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_platform_is_outlived_and_found_again() {
    let mut platform = Platform::start().await;
    let house = House::start(&platform.url(), NO_REDIS, &HASTY).await;
    warmed(&house).await;
    platform.kill();
    is_outlived(&house, "killed").await;
    platform.restart().await;
    is_well_again(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_behind_a_bad_network_is_outlived_and_found_again() {
    let platform = Platform::start().await;
    let proxy = ChaosProxy::start(format!("127.0.0.1:{}", platform.port)).await;
    let url = format!("http://127.0.0.1:{}", proxy.port);
    let house = House::start(&url, NO_REDIS, &HASTY).await;
    warmed(&house).await;
    for name in ["slow", "reset", "cut", "hanging"] {
        match name {
            "slow" => proxy.slow(Duration::from_secs(1)),
            "reset" => proxy.reset(),
            "cut" => proxy.cut(),
            _ => proxy.hang(),
        }
        is_outlived(&house, name).await;
        proxy.heal();
        eventually_async("the breaker is closed", || async {
            house.breaker().await == "closed"
        })
        .await;
    }
    is_well_again(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_out_of_date_is_given_while_there_is_nothing_better() {
    let mut platform = Platform::start().await;
    let settings = [
        ("PLATFORM_DATA__LISTS_FRESH_S", "0"),
        HASTY[0],
        HASTY[1],
        HASTY[2],
    ];
    let house = House::start(&platform.url(), NO_REDIS, &settings).await;
    house.get(MAKES).await.is_from("platform");
    platform.kill();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    for _ in 0..50 {
        let answer = house.get(MAKES).await;
        answer.is_from("stale");
        assert_eq!(answer.header("cache-control"), "no-cache");
        assert!(answer.header("age").parse::<u64>().unwrap() >= 1);
    }
    platform.restart().await;
    eventually_async("it is refreshed", || async {
        house.get(MAKES).await.header("age") == "0"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_and_a_killed_redis_make_no_error() {
    let platform = Platform::start().await;
    let mut redis = RedisServer::start();
    let house = House::start(&platform.url(), redis.port, &[]).await;
    redis.freeze();
    for nth in 0..20 {
        let answer = house.get(&cold(nth)).await;
        answer.is_from("platform");
        assert!(answer.taken < Duration::from_secs(2), "{:?}", answer.taken);
    }
    eventually_async("a frozen Redis is told of", || async {
        house.found("/api/health").await["status"] == "degraded"
    })
    .await;
    redis.thaw();
    redis.kill();
    for nth in 20..40 {
        house.get(&cold(nth)).await.is_from("platform");
    }
    redis.restart();
    eventually_async("Redis is used again", || async {
        house.found("/api/health").await["status"] == "ok"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_starts_without_the_platform_gives_what_another_has_kept() {
    let mut platform = Platform::start().await;
    let redis = RedisServer::start();
    let first = House::start(&platform.url(), redis.port, &HASTY).await;
    warmed(&first).await;
    platform.kill();
    let second = House::start(&platform.url(), redis.port, &HASTY).await;
    eventually_async("the lists are given", || async {
        let answers = futures_util::future::join_all(KNOWN.map(|path| second.get(path))).await;
        answers.iter().all(|answer| answer.status == 200)
    })
    .await;
    second.get(MAKES).await.is_from("cache");
}
