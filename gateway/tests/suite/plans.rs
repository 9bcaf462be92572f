//! What plans of tenants include: gateways, the tenants platform and Redis as they are.

use crate::client::{Answer, Client};
use crate::door::{Door, eventually, write_key};
use crate::tenants_platform::{Customer, PLATFORM_KEY, TenantsPlatform};
use crate::upstream::{Upstream, ok};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use test_kit::RedisServer;

/// A door that keys of tenants open.
fn door(platform: &TenantsPlatform, redis: Option<&RedisServer>) -> Door {
    forgetful_door(platform, redis, 60)
}

fn forgetful_door(platform: &TenantsPlatform, redis: Option<&RedisServer>, keep_s: u64) -> Door {
    let door = Door::with(Upstream::start(ok), |settings| {
        let secrets = settings["secrets_dir"].as_str().unwrap().to_owned();
        write_key(
            &std::path::Path::new(&secrets).join("platform"),
            PLATFORM_KEY,
        );
        settings["tenant_keys"] = json!({"url": format!("http://{}", platform.address), "key_file": "platform", "keep_s": keep_s});
        settings["routes"][0]["api_key"]["tenants"] = json!(true);
        settings["routes"][0]["api_key"]["upstream_key"] = json!("partner");
        if let Some(redis) = redis {
            // A busy machine must not look like a Redis that is away.
            settings["redis"] =
                json!({"host": "127.0.0.1", "port": redis.port, "answer_timeout_ms": 5_000});
        }
    });
    // What is asked before the feed's first word is forgotten then.
    eventually("the feed is heard of", || {
        door.operator("/keys")["tenant_keys"]["confirmed_s_ago"].is_u64()
    });
    door
}

fn ask(door: &Door, key: &str) -> Answer {
    ask_at(door.address, key)
}

fn ask_at(door: SocketAddr, key: &str) -> Answer {
    let request =
        format!("GET /platform/vehicles/makes HTTP/1.1\r\nHost: t\r\nX-API-Key: {key}\r\n\r\n");
    let begun = Instant::now();
    loop {
        let answer = Client::connect(door).send(&request).answer();
        // On a busy machine the platform may be slow to tell of a new key; nothing is counted then.
        if answer.status != 503 || begun.elapsed() > Duration::from_secs(20) {
            return answer;
        }
    }
}

/// How many of so many requests pass; the others are refused with this code.
fn passes(door: &Door, key: &str, count: usize, code: &str) -> usize {
    passes_at(door.address, key, count, code)
}

fn passes_at(door: SocketAddr, key: &str, count: usize, code: &str) -> usize {
    let judge = |_: &usize| {
        let answer = ask_at(door, key);
        if answer.status == 200 {
            return true;
        }
        assert_eq!((answer.status, answer.code().as_str()), (429, code));
        assert!(answer.header("retry-after").is_some(), "{}", answer.head);
        false
    };
    (0..count).filter(judge).count()
}

fn a_day_of(requests: u32) -> Value {
    json!({"title": "T", "quotas": {"requests_per_day": requests}})
}

const DAY: &str = "daily_quota_exceeded";
const RATE: &str = "rate_limited";

#[test]
fn two_gateways_with_one_redis_pass_together_what_the_plan_includes() {
    let (platform, redis) = (TenantsPlatform::start(), RedisServer::start());
    let Customer { tenant, key } = platform.customer("forty", &a_day_of(40));
    let keys = [key, platform.key_of(&tenant)];
    let mut doors = [(); 2].map(|()| door(&platform, Some(&redis)));
    let passed = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for door in doors.each_ref().map(|door| door.address) {
            for key in &keys {
                let passed = &passed;
                scope.spawn(move || {
                    passed.fetch_add(passes_at(door, key, 30, DAY), Ordering::SeqCst)
                });
            }
        }
    });
    assert_eq!(passed.into_inner(), 40);
    let refused = ask(&doors[0], &keys[0]);
    assert_eq!(
        refused.header("ratelimit-policy"),
        Some("\"plan-day\";q=40;w=86400")
    );
    assert!(
        refused
            .header("ratelimit")
            .unwrap()
            .starts_with("\"plan-day\";r=0;t=")
    );
    // The platform is told of all that passed, by the time the gateways have stopped.
    let stopped = doors.each_mut().map(Door::stop);
    for (door, stopped) in doors.iter().zip(stopped) {
        door.wait_for(stopped);
    }
    assert_eq!(platform.counted(&tenant), 40);
}

#[test]
fn without_redis_a_gateway_knows_what_the_others_have_reported() {
    let platform = TenantsPlatform::start();
    let Customer { tenant, key } = platform.customer("ten", &a_day_of(10));
    let mut first = door(&platform, None);
    assert_eq!(passes(&first, &key, 6, DAY), 6);
    let stopped = first.stop();
    first.wait_for(stopped);
    assert_eq!(platform.counted(&tenant), 6);
    let second = door(&platform, None);
    assert_eq!(passes(&second, &key, 10, DAY), 4);
}

#[test]
fn a_report_that_a_frozen_platform_reads_later_is_counted_once() {
    let platform = TenantsPlatform::start();
    let Customer { tenant, key } = platform.customer("thousand", &a_day_of(1_000));
    let mut door = door(&platform, None);
    assert_eq!(passes(&door, &key, 7, DAY), 7);
    platform.signal("-STOP");
    // A report is due every ten seconds and waited for five: by then it is given up, and the platform has still to read it.
    std::thread::sleep(Duration::from_secs(17));
    platform.signal("-CONT");
    let stopped = door.stop();
    door.wait_for(stopped);
    assert_eq!(platform.counted(&tenant), 7);
}

#[test]
fn a_killed_redis_ends_no_plan_and_what_passed_meanwhile_counts_when_it_is_back() {
    let (platform, mut redis) = (TenantsPlatform::start(), RedisServer::start());
    let Customer { key, .. } = platform.customer("thirty", &a_day_of(30));
    let [one, two] = [(); 2].map(|()| door(&platform, Some(&redis)));
    assert_eq!(passes(&one, &key, 5, DAY), 5);
    assert_eq!(passes(&two, &key, 5, DAY), 5);
    assert_eq!(passes(&one, &key, 1, DAY), 1);
    redis.kill();
    // It knew of 11 then, and counts on by itself.
    assert_eq!(passes(&one, &key, 12, DAY), 12);
    assert!(
        one.metrics().contains("decided_by=\"local\"} 12"),
        "{}",
        one.metrics()
    );
    redis.restart();
    // Redis has forgotten everything; each gateway tells it again what it has let through.
    let mut of_two = 0;
    eventually("the second gateway counts in Redis again", || {
        of_two += usize::from(ask(&two, &key).status == 200);
        by_redis(&two) > 5
    });
    eventually("so does the first", || {
        ask(&one, &key);
        by_redis(&one) > 6
    });
    of_two += passes(&two, &key, 30, DAY);
    assert!(of_two < 30 - 11 - 12, "{of_two}");
    assert_eq!(ask(&one, &key).code(), DAY);
}

fn by_redis(door: &Door) -> u64 {
    let text = door.metrics();
    let mut lines = text.lines();
    let line = lines.find(|line| line.contains("decided_by=\"redis\"}"));
    line.unwrap().rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn the_rate_of_a_plan_is_the_tenants_at_every_gateway_and_without_redis_each_gateways() {
    let (platform, mut redis) = (TenantsPlatform::start(), RedisServer::start());
    let rate = json!({"title": "T", "quotas": {}, "requests_per_minute": 6, "burst": 4});
    let Customer { tenant, key } = platform.customer("slow", &rate);
    let other_key = platform.key_of(&tenant);
    let [one, two] = [(); 2].map(|()| door(&platform, Some(&redis)));
    let first = ask(&one, &key);
    assert_eq!(first.status, 200);
    assert_eq!(first.header("ratelimit-policy"), Some("\"plan\";q=6;w=60"));
    assert_eq!(first.header("ratelimit"), Some("\"plan\";r=3;t=10"));
    assert_eq!(passes(&two, &other_key, 2, RATE), 2);
    assert_eq!(passes(&one, &key, 3, RATE), 1);
    let refused = ask(&two, &key);
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=10).contains(&wait), "{wait}");
    redis.kill();
    assert_eq!(passes(&one, &key, 6, RATE), 4);
    // A larger plan is known as soon as the platform says so.
    let faster = json!({"title": "T", "quotas": {}, "requests_per_minute": 600});
    assert_eq!(
        platform.send("PUT", "/tenants/plans/slow", &faster).status,
        200
    );
    eventually("the new rate is known", || ask(&one, &key).status == 200);
}

#[test]
fn a_frozen_platform_costs_a_known_key_one_wait_and_not_one_for_each_request() {
    let platform = TenantsPlatform::start();
    let Customer { key, .. } = platform.customer("plenty", &a_day_of(100_000));
    let door = forgetful_door(&platform, None, 1);
    assert_eq!(ask(&door, &key).status, 200);
    platform.signal("-STOP");
    // What is known is no longer good by itself after a second.
    std::thread::sleep(Duration::from_millis(1_100));
    let (address, begun) = (door.address, Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| passes_at(address, &key, 25, DAY));
        }
    });
    // One waits for a second; were it each, they would take twenty-five.
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "{:?}",
        begun.elapsed()
    );
    platform.signal("-CONT");
    let unknown = format!("{key}x");
    eventually("the platform is asked again", || {
        ask(&door, &unknown).status == 401
    });
}
