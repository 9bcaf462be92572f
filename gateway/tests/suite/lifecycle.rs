//! Starting, health, and stopping without losing a request.

use crate::client::Client;
use crate::door::{Door, eventually};
use crate::upstream::{Upstream, ok};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

#[test]
fn what_runs_when_the_gateway_stops_is_finished() {
    let slow = Upstream::start(|seen, socket| {
        std::thread::sleep(Duration::from_millis(600));
        ok(seen, socket)
    });
    let mut door = Door::with(slow, |json| json["timeouts"]["last_call_ms"] = 1500.into());
    let mut running: Vec<Client> = (0..20).map(|_| door.client()).collect();
    for client in &mut running {
        client.send("GET /open HTTP/1.1\r\nHost: t\r\n\r\n");
    }
    eventually("all are under way", || door.upstream.seen().len() == 20);
    let begun = Instant::now();
    let stopped = door.stop();
    let ready = door.get("/health/ready");
    assert_eq!(
        (ready.status, door.get("/health/live").status),
        (503, 200),
        "unready at once, still alive"
    );
    for client in &mut running {
        assert_eq!(client.answer().status, 200);
        assert!(client.is_closed());
    }
    door.wait_for(stopped);
    assert!(begun.elapsed() < Duration::from_secs(6));
    assert!(std::net::TcpStream::connect(door.address).is_err());
    assert_eq!(
        door.log.text().matches("\"route\":\"/open\"").count(),
        20,
        "every line is written"
    );
}

#[test]
fn stopping_under_load_loses_no_request() {
    let mut door = Door::with(Upstream::start(ok), |json| {
        json["timeouts"]["last_call_ms"] = 1500.into();
    });
    let (sent, failed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let (address, sent, failed, over) = (
                door.address,
                Arc::clone(&sent),
                Arc::clone(&failed),
                Arc::clone(&over),
            );
            std::thread::spawn(move || {
                // One request a connection, as a client behind a load balancer that saw "unready".
                while !over.load(Ordering::SeqCst) {
                    let Ok(_) = std::net::TcpStream::connect(address) else {
                        return;
                    };
                    let mut client = Client::connect(address);
                    client.send("GET /open HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
                    sent.fetch_add(1, Ordering::SeqCst);
                    if client
                        .try_answer(false)
                        .is_none_or(|answer| answer.status != 200)
                    {
                        failed.fetch_add(1, Ordering::SeqCst);
                    }
                }
            })
        })
        .collect();
    eventually("they are at work", || sent.load(Ordering::SeqCst) > 100);
    let stopped = door.stop();
    eventually("the door is seen to close", || {
        door.get("/health/ready").status == 503
    });
    over.store(true, Ordering::SeqCst);
    for client in clients {
        client.join().unwrap();
    }
    door.wait_for(stopped);
    assert_eq!(
        failed.load(Ordering::SeqCst),
        0,
        "of {}",
        sent.load(Ordering::SeqCst)
    );
}

#[test]
fn health_names_every_upstream_and_metrics_stay_inside() {
    let door = Door::open();
    let health = door.get("/health");
    assert_eq!(health.status, 200);
    let checks = health.json()["checks"].clone();
    assert_eq!(checks["vehicles"]["status"], "ok");
    assert_eq!(checks["gone"]["status"], "unavailable");
    assert_eq!(door.upstream.last().line(), "GET /health/ready HTTP/1.1");
    let probes = door.upstream.seen().len();
    door.get("/health");
    assert_eq!(
        door.upstream.seen().len(),
        probes,
        "probed at most once a second"
    );
    assert_eq!(door.get("/metrics").status, 404);
    assert!(door.metrics().contains("mvp_gateway_open_connections"));
    assert_eq!(Client::connect(door.admin).get("/health").status, 200);
    assert_eq!(Client::connect(door.admin).get("/open").status, 404);
}

#[test]
fn connections_over_the_limit_are_turned_away() {
    let door = Door::with(Upstream::start(ok), |json| {
        json["limits"] = serde_json::json!({"max_connections": 3});
    });
    let mut held: Vec<Client> = (0..3).map(|_| door.client()).collect();
    for client in &mut held {
        assert_eq!(client.get("/open").status, 200);
    }
    assert!(door.client().is_closed());
    drop(held);
    eventually("there is room again", || {
        let mut client = door.client();
        client.send("GET /open HTTP/1.1\r\nHost: t\r\n\r\n");
        client
            .try_answer(false)
            .is_some_and(|answer| answer.status == 200)
    });
}

#[test]
fn the_operators_listener_holds_a_limited_number_of_connections() {
    let door = Door::open();
    let held: Vec<Client> = (0..64).map(|_| Client::connect(door.admin)).collect();
    let begun = Instant::now();
    assert!(Client::connect(door.admin).is_closed());
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "at once, not when it was too late with its head"
    );
    drop(held);
    eventually("there is room again", || {
        let mut client = Client::connect(door.admin);
        client.send("GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n");
        client
            .try_answer(false)
            .is_some_and(|answer| answer.status == 200)
    });
}

#[test]
fn no_more_unused_connections_are_kept_than_the_settings_say() {
    let slow = Upstream::start(|seen, socket| {
        std::thread::sleep(Duration::from_millis(300));
        ok(seen, socket)
    });
    let door = Door::with(slow, |json| {
        json["workers"] = 1.into();
        json["upstreams"]["vehicles"]["max_idle_connections"] = 1.into();
    });
    let ask_four = || {
        let mut clients: Vec<Client> = (0..4).map(|_| door.client()).collect();
        for client in &mut clients {
            client.send("GET /open HTTP/1.1\r\nHost: t\r\n\r\n");
        }
        for client in &mut clients {
            assert_eq!(client.answer().status, 200);
        }
    };
    ask_four();
    assert_eq!(door.upstream.connections(), 4);
    ask_four();
    assert_eq!(door.upstream.connections(), 7, "one was kept");
}

#[test]
fn calls_that_fail_are_timed_too() {
    let door = Door::open();
    assert_eq!(door.get("/gone").status, 503);
    eventually("it is counted", || {
        door.metrics().contains(
            r#"http_client_request_duration_seconds_count{outcome="down",upstream="gone"} 1"#,
        )
    });
}
