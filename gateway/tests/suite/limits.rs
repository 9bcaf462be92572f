//! Rate limits and quotas: who is counted together, what is said, and what happens without Redis.

use crate::client::Answer;
use crate::door::{Door, KEY};
use crate::upstream::{Upstream, ok};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use test_kit::RedisServer;

const OTHER: &str = "mvp_svc_other_0123456789abcdef";

/// A door whose route `/open` and `/private` have these limits.
fn door(limits: &Value, quota: &Value, redis: Option<u16>) -> Door {
    // A busy machine must not look like a Redis that is away.
    patient_door(limits, quota, redis, 5_000)
}

fn patient_door(limits: &Value, quota: &Value, redis: Option<u16>, patience_ms: u64) -> Door {
    Door::with(Upstream::start(ok), |settings| {
        for route in settings["routes"].as_array_mut().unwrap() {
            if ["/open", "/private"].contains(&route["prefix"].as_str().unwrap()) {
                route["limits"] = limits.clone();
                route["quota"] = quota.clone();
            }
            if route["prefix"] == "/private" {
                route["api_key"]["files"] = json!(["other", "partner"]);
            }
        }
        if let Some(port) = redis {
            settings["redis"] =
                json!({"host": "127.0.0.1", "port": port, "answer_timeout_ms": patience_ms});
        }
    })
}

fn ask(door: &Door, key: &str) -> Answer {
    door.ask(format!(
        "GET /private HTTP/1.1\r\nHost: t\r\nX-API-Key: {key}\r\n\r\n"
    ))
}

fn statuses(door: &Door, key: &str, count: usize) -> Vec<u16> {
    (0..count).map(|_| ask(door, key).status).collect()
}

#[test]
fn a_limit_says_what_is_left_and_when_to_come_back() {
    let limits = json!([{"by": "address", "rate": 3, "per_s": 3600, "burst": 2}]);
    let door = door(&limits, &Value::Null, None);
    let first = door.get("/open");
    assert_eq!(first.status, 200);
    assert_eq!(
        first.header("ratelimit-policy"),
        Some("\"address\";q=3;w=3600")
    );
    assert_eq!(first.header("ratelimit"), Some("\"address\";r=1;t=1200"));
    assert_eq!(door.get("/open").status, 200);
    let refused = door.get("/open");
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (429, "rate_limited")
    );
    assert!(refused.header("ratelimit").unwrap().contains(";r=0;"));
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1_100..=1_200).contains(&wait), "{wait}");
    assert_eq!(door.upstream.seen().len(), 2);
    // Each route has its own limit, and one without says nothing.
    let free = door.get("/big");
    assert_eq!((free.status, free.header("ratelimit-policy")), (200, None));
    assert!(door.metrics().contains("decided_by=\"local\"} 3"));
}

#[test]
fn routes_that_differ_by_their_host_alone_count_by_themselves() {
    let redis = RedisServer::start();
    for port in [None, Some(redis.port)] {
        let door = Door::with(Upstream::start(ok), |settings| {
            let of = |host: &str, burst: u32| {
                json!({"prefix": "/", "upstream": "vehicles", "hosts": [host], "quota": {"per_day": burst},
                    "limits": [{"by": "address", "rate": burst, "per_s": 3600}]})
            };
            settings["routes"] = json!([of("A.example", 20), of("b.example", 2)]);
            if let Some(port) = port {
                settings["redis"] =
                    json!({"host": "127.0.0.1", "port": port, "answer_timeout_ms": 5_000});
            }
        });
        let ask = |host: &str| {
            door.ask(format!("GET /x HTTP/1.1\r\nHost: {host}\r\n\r\n"))
                .status
        };
        for _ in 0..20 {
            assert_eq!(ask("a.example"), 200);
        }
        assert_eq!(
            [(); 3].map(|()| ask("b.example")),
            [200, 200, 429],
            "{port:?}"
        );
        for name in ["a.example/", "b.example/"] {
            let label = format!("http_route=\"{name}\"");
            assert!(door.metrics().contains(&label), "{}", door.metrics());
        }
    }
}

#[test]
fn a_connection_goes_on_after_429() {
    let limits = json!([{"by": "route", "rate": 1, "per_s": 3600}]);
    let door = door(&limits, &Value::Null, None);
    let mut client = door.client();
    assert_eq!(client.get("/open").status, 200);
    assert_eq!(client.get("/open").status, 429);
    assert_eq!(client.get("/big").status, 200);
}

#[test]
fn callers_are_counted_by_key_and_a_wrong_key_costs_only_the_address() {
    let limits = json!([
        {"by": "address", "rate": 6, "per_s": 3600},
        {"by": "key", "rate": 2, "per_s": 3600},
    ]);
    let door = door(&limits, &Value::Null, None);
    assert_eq!(statuses(&door, KEY, 3), [200, 200, 429]);
    assert_eq!(ask(&door, "mvp_svc_wrong_0123456789abcdef").status, 401);
    assert_eq!(statuses(&door, OTHER, 1), [200]);
    let last = ask(&door, OTHER);
    assert_eq!(
        (last.status, last.header("ratelimit-policy")),
        (200, Some("\"address\";q=6;w=3600, \"key\";q=2;w=3600"))
    );
    // Guessing keys is held up by the address, before the key is looked at.
    assert_eq!(ask(&door, "mvp_svc_wrong_0123456789abcdef").status, 429);
}

#[test]
fn no_header_spelling_or_connection_makes_a_caller_somebody_else() {
    let limits = json!([{"by": "address", "rate": 3, "per_s": 3600}, {"by": "key", "rate": 2, "per_s": 3600}]);
    let door = door(&limits, &Value::Null, None);
    let ask = |path: &str, more: &str| {
        door.ask(format!("GET {path} HTTP/1.1\r\nHost: t\r\n{more}\r\n"))
            .status
    };
    let own = format!("X-API-Key: {KEY}\r\n");
    assert_eq!([ask("/private", &own), ask("/private", &own)], [200, 200]);
    // By now the key has used up what it has, whatever else is said beside it.
    let disguises = [
        "X-Consumer-Id: other\r\n",
        "X-User-Id: 7\r\nX-Tenant-Id: 8\r\n",
        "Authorization: Bearer x\r\n",
        "Connection: X-API-Key\r\n",
    ];
    assert_eq!(ask("/private/deeper?x=1", &own), 429);
    for disguise in disguises {
        assert_eq!(
            ask("/private", &format!("{own}{disguise}")),
            429,
            "{disguise}"
        );
    }
    // An address is the socket's, and a route is the plain spelling of its path.
    assert_eq!([ask("/open", ""), ask("/open", "")], [200; 2]);
    for disguise in [
        "X-Forwarded-For: 10.0.0.1\r\n",
        "Forwarded: for=10.0.0.2\r\n",
        "X-Real-IP: 10.0.0.3\r\nX-Client-IP: 10.0.0.3\r\n",
        "True-Client-IP: 10.0.0.4\r\nCF-Connecting-IP: 10.0.0.4\r\n",
        "X-Request-Id: another-one-1\r\nUser-Agent: another\r\nCookie: a=b\r\n",
    ] {
        assert_eq!(ask("/open", disguise), 429, "{disguise}");
    }
    for path in [
        "/%6fpen",
        "/open/",
        "/open?x=1",
        "/open/other",
        "/o%70en/%7Ea",
    ] {
        assert_eq!(ask(path, ""), 429, "{path}");
    }
    let by_host = door.ask("GET http://u/open HTTP/1.1\r\nHost: u\r\n\r\n");
    assert_eq!(by_host.status, 429);
    assert_eq!(door.upstream.seen().len(), 4);
}

#[test]
fn http2_is_counted_with_http11() {
    let pair = crate::tls_client::Pair::new();
    let door = Door::with(Upstream::start(ok), |settings| {
        settings["tls"] = pair.settings();
        settings["routes"][2]["limits"] = json!([{"by": "address", "rate": 2, "per_s": 3600}]);
    });
    assert_eq!(door.get("/open").status, 200);
    let mut wire = crate::http2_wire::Wire::open(&pair, &door);
    assert_eq!(wire.get(1, "/open").status(), Some(200));
    assert_eq!(wire.get(3, "/open").status(), Some(429));
    let mut another = crate::http2_wire::Wire::open(&pair, &door);
    assert_eq!(another.get(1, "/open").status(), Some(429));
    assert_eq!(door.get("/open").status, 429);
}

#[test]
fn a_daily_quota_is_the_consumers() {
    let door = door(&json!([]), &json!({"per_day": 2}), None);
    assert_eq!(statuses(&door, KEY, 2), [200, 200]);
    let refused = ask(&door, KEY);
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (429, "daily_quota_exceeded")
    );
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=86_400).contains(&wait));
    assert_eq!(
        refused.header("ratelimit-policy"),
        Some("\"day\";q=2;w=86400")
    );
    assert_eq!(ask(&door, OTHER).status, 200);
}

#[test]
fn two_gateways_count_together_in_redis_which_learns_no_name() {
    let redis = RedisServer::start();
    let limits = json!([{"by": "key", "rate": 4, "per_s": 3600}]);
    let quota = json!({"per_day": 5});
    let (one, two) = (
        door(&limits, &quota, Some(redis.port)),
        door(&limits, &quota, Some(redis.port)),
    );
    assert_eq!(statuses(&one, KEY, 2), [200, 200]);
    assert_eq!(statuses(&two, KEY, 2), [200, 200]);
    let refused = ask(&one, KEY);
    assert_eq!(refused.status, 429);
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((800..=900).contains(&wait), "{wait}");
    assert_eq!(
        ask(&two, OTHER)
            .header("ratelimit")
            .unwrap()
            .matches(";r=")
            .count(),
        2
    );
    assert!(one.metrics().contains("decided_by=\"redis\"}"));
    let names = redis_names(&redis);
    assert_eq!(names.len(), 4, "{names:?}");
    for name in &names {
        assert!(name.starts_with("mvp-gateway:"), "{name}");
        assert!(
            !name.contains("partner") && !name.contains("other"),
            "{name}"
        );
    }
}

fn redis_names(redis: &RedisServer) -> Vec<String> {
    let client = redis::Client::open(redis.url()).unwrap();
    let mut connection = client.get_connection().unwrap();
    redis::cmd("KEYS").arg("*").query(&mut connection).unwrap()
}

#[test]
fn without_redis_each_route_does_what_it_says() {
    let nowhere = test_kit::free_port();
    for (wish, expected) in [
        ("local", [200, 200, 429, 429]),
        ("open", [200, 200, 200, 200]),
        ("closed", [503, 503, 503, 503]),
    ] {
        let limits = json!([{"by": "key", "rate": 2, "per_s": 3600, "on_redis_failure": wish}]);
        let door = door(&limits, &Value::Null, Some(nowhere));
        assert_eq!(statuses(&door, KEY, 4), expected, "{wish}");
    }
}

#[test]
fn a_hung_redis_does_not_cost_its_timeout_each_time_and_counts_again_when_it_is_back() {
    let redis = RedisServer::start();
    let limits = json!([{"by": "key", "rate": 1000, "per_s": 1}]);
    let door = patient_door(&limits, &Value::Null, Some(redis.port), 50);
    assert_eq!(ask(&door, KEY).status, 200);
    redis.freeze();
    let begun = Instant::now();
    assert!(
        statuses(&door, KEY, 200)
            .iter()
            .all(|status| *status == 200)
    );
    // Were each request to wait for its 50 ms, this would take ten seconds.
    assert!(begun.elapsed() < Duration::from_secs(8));
    redis.thaw();
    let by_redis = || {
        let text = door.metrics();
        let line = text
            .lines()
            .find(|line| line.contains("decided_by=\"redis\"}"));
        line.unwrap()
            .rsplit(' ')
            .next()
            .unwrap()
            .parse::<u64>()
            .unwrap()
    };
    let before = by_redis();
    crate::door::eventually("Redis counts again", || {
        assert_eq!(ask(&door, KEY).status, 200);
        by_redis() > before
    });
}

#[test]
fn limits_that_make_no_sense_are_refused_with_their_key() {
    let secrets = tempfile::tempdir().unwrap();
    for (limit, key) in [
        (json!({"by": "key", "rate": 0}), "routes[2].limits[0].rate"),
        (
            json!({"by": "key", "rate": 1, "per_s": 0}),
            "routes[2].limits[0].per_s",
        ),
        (
            json!({"by": "key", "rate": 1, "burst": 2}),
            "routes[2].limits[0].burst",
        ),
    ] {
        let mut settings = crate::door::settings("127.0.0.1:1", secrets.path());
        settings["routes"][2]["limits"] = json!([limit]);
        let settings: gateway::Settings = serde_json::from_value(settings).unwrap();
        assert_eq!(settings.validate().unwrap_err().key, key);
    }
}
