//! The circuit breaker of an upstream, from outside.

use crate::door::{Door, eventually};
use crate::fleet::Instance;
use crate::upstream::{Upstream, ok};
use serde_json::json;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const BROKEN: &[u8] = b"HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n";

/// Answers with 500 as long as it is told to.
fn failing() -> (Arc<AtomicBool>, Upstream) {
    let broken = Arc::new(AtomicBool::new(true));
    let fails = Arc::clone(&broken);
    let upstream = Upstream::start(move |seen, socket| {
        if fails.load(Ordering::SeqCst) {
            return socket.write_all(BROKEN).is_ok();
        }
        ok(seen, socket)
    });
    (broken, upstream)
}

#[test]
fn it_opens_and_answers_503_with_retry_after() {
    let door = Door::with(failing().1, |json| {
        json["upstreams"]["vehicles"]["breaker"] = json!({});
    });
    for _ in 0..10 {
        assert_eq!(door.get("/open").status, 500);
    }
    let refused = door.get("/open");
    assert_eq!(
        (refused.status, refused.code()),
        (503, "unavailable".to_owned())
    );
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=33).contains(&wait), "{wait}");
    assert_eq!(door.upstream.seen().len(), 10, "it was not asked");
    let metrics = door.metrics();
    assert!(metrics.contains("mvp_gateway_breaker_state{upstream=\"vehicles\"} 1"));
    assert!(metrics.contains("mvp_gateway_breaker_opened_total{upstream=\"vehicles\"} 1"));
    let health = door.get("/health").json();
    assert_eq!(health["status"], "degraded");
    assert_eq!(health["checks"]["vehicles"]["status"], "unavailable");
    assert_eq!(door.get("/one").status, 500, "another upstream");
}

#[test]
fn it_closes_after_a_good_probe() {
    let (broken, upstream) = failing();
    let door = Door::with(upstream, |json| {
        json["upstreams"]["vehicles"]["breaker"] = json!({"open_ms": 200});
    });
    eventually("it opens", || door.get("/open").status == 503);
    broken.store(false, Ordering::SeqCst);
    eventually("a probe finds it well", || door.get("/open").status == 200);
    assert_eq!(door.get("/open").status, 200);
    let closed = "mvp_gateway_breaker_state{upstream=\"vehicles\"} 0";
    assert!(door.metrics().contains(closed));
}

#[test]
fn five_refused_connections_open_it() {
    let door = Door::open();
    for n in 0..8 {
        assert_eq!(door.get("/gone").status, 503, "{n}");
    }
    eventually("they are counted", || {
        let metrics = door.metrics();
        metrics.contains(r#"mvp_gateway_refused_total{reason="upstream_down"} 5"#)
            && metrics.contains(r#"mvp_gateway_refused_total{reason="upstream_open"} 3"#)
    });
}

#[test]
fn a_client_that_leaves_its_probe_does_not_wedge_it() {
    let slow = Arc::new(AtomicBool::new(false));
    let is_slow = Arc::clone(&slow);
    let upstream = Upstream::start(move |seen, socket| {
        if seen.line().contains("/open/bad") {
            return socket.write_all(BROKEN).is_ok();
        }
        while is_slow.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        ok(seen, socket)
    });
    let door = Door::with(upstream, |json| {
        json["upstreams"]["vehicles"]["breaker"] = json!({"open_ms": 100});
        json["upstreams"]["vehicles"]["answer_timeout_ms"] = 60_000.into();
    });
    slow.store(true, Ordering::SeqCst);
    for _ in 0..10 {
        door.get("/open/bad");
    }
    let mut held = Vec::new();
    eventually("the probe is out", || {
        let mut client = door.client();
        client.send("GET /open/probe HTTP/1.1\r\nHost: t\r\n\r\n");
        held.push(client);
        let seen = door.upstream.seen();
        seen.iter().any(|it| it.line().contains("probe"))
    });
    drop(held);
    slow.store(false, Ordering::SeqCst);
    eventually("the next probe closes it", || {
        door.get("/open").status == 200
    });
}

#[test]
fn a_short_restart_of_the_only_instance_is_not_a_long_one() {
    let mut instance = Instance::start();
    let url = format!("http://{}", instance.address);
    let door = Door::with(Upstream::start(ok), |json| {
        json["upstreams"]["only"] = json!({"url": url});
        json["routes"] = json!([{"prefix": "/only", "upstream": "only", "strip_prefix": "/only"}]);
    });
    let get = || door.get("/only/health/live").status;
    assert_eq!(get(), 200);
    instance.kill();
    let open = "mvp_gateway_breaker_state{upstream=\"only\"} 1";
    eventually("it opens", || {
        assert_eq!(get(), 503);
        door.metrics().contains(open)
    });
    instance.begin();
    // Long before the thirty seconds of an open breaker are over.
    eventually("it answers", || get() == 200);
}

#[test]
fn a_service_that_says_when_to_come_again_is_not_left_alone() {
    let door = Door::with(
        Upstream::start(|_, socket| {
            let answer = b"HTTP/1.1 503 Loading\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n";
            socket.write_all(answer).is_ok()
        }),
        |json| json["upstreams"]["vehicles"]["breaker"] = json!({}),
    );
    for _ in 0..30 {
        assert_eq!(door.get("/open").header("retry-after"), Some("7"));
    }
    assert_eq!(door.upstream.seen().len(), 30);
}
