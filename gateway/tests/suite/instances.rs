//! Several instances of a service: who is asked, who is left alone, and what is tried again.

use crate::door::{Door, eventually};
use crate::fleet::{Instance, Load};
use crate::upstream::{Seen, Upstream, ok};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// A gateway in front of these instances, at `/many`, with these changes to the upstream's settings.
pub(crate) fn door(addresses: &[String], change: impl FnOnce(&mut Value)) -> Door {
    Door::with(Upstream::start(ok), |json| {
        let url = |address: &String| json!({"url": format!("http://{address}")});
        json["upstreams"]["many"] = json!({
            "instances": addresses.iter().map(url).collect::<Vec<_>>(),
            "answer_timeout_ms": 2000,
        });
        let methods = json!(["GET", "HEAD", "POST", "PUT"]);
        let route = json!({"prefix": "/many", "upstream": "many", "methods": methods, "strip_prefix": "/many"});
        json["routes"].as_array_mut().unwrap().push(route);
        change(&mut json["upstreams"]["many"]);
    })
}

pub(crate) fn address(upstream: &Upstream) -> String {
    upstream.address.to_string()
}

/// An address that refuses connections, now and later: nobody else can be given the port.
fn refusing() -> (TcpStream, String) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let held = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let address = held.local_addr().unwrap().to_string();
    std::mem::forget(listener);
    (held, address)
}

fn status(line: &'static str) -> impl Fn(&Seen, &mut TcpStream) -> bool + Send + Sync {
    move |_, socket| {
        let answer = format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n");
        socket.write_all(answer.as_bytes()).is_ok()
    }
}

fn instances(door: &Door) -> Vec<Value> {
    let all = door.operator("/upstreams")["upstreams"].clone();
    let all = all.as_array().unwrap();
    let many = all.iter().find(|it| it["name"] == "many").unwrap();
    many["instances"].as_array().unwrap().clone()
}

pub(crate) fn metric(door: &Door, line: &str) -> Option<u64> {
    let text = door.metrics();
    let value = text.lines().find_map(|it| it.strip_prefix(line))?;
    value.trim().parse().ok()
}

#[test]
fn requests_go_round_by_weight_each_with_the_instances_own_name() {
    let fleet = [ok; 3].map(Upstream::start);
    let door = door(&fleet.each_ref().map(address), |many| {
        many["instances"][0]["weight"] = 2.into();
    });
    let mut client = door.client();
    for _ in 0..40 {
        assert_eq!(client.get("/many").status, 200);
    }
    let counts = fleet.each_ref().map(|upstream| upstream.seen().len());
    assert_eq!(counts, [20, 10, 10]);
    for upstream in &fleet {
        assert_eq!(upstream.last().header("host"), Some(address(upstream)));
        assert!(upstream.connections() <= 2, "one a worker is kept");
        let told = format!(r#""upstream":"many","instance":"{}""#, upstream.address);
        eventually("the log names it", || door.log.text().contains(&told));
    }
}

#[test]
fn the_least_busy_instance_is_asked_first() {
    let busy = Arc::new(AtomicBool::new(true));
    let waits = Arc::clone(&busy);
    let slow = Upstream::start(move |seen, socket| {
        while waits.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        ok(seen, socket)
    });
    let quick = Upstream::start(ok);
    let door = door(&[address(&slow), address(&quick)], |many| {
        many["balance"] = "least_requests".into();
        many["answer_timeout_ms"] = 20_000.into();
        // However slow the machine is: silence is not what this is about.
        many["ejection"]["silence_ms"] = 0.into();
    });
    let mut held = door.client();
    // One of these two is held by the slow instance.
    let mut other = door.client();
    held.send("GET /many HTTP/1.1\r\nHost: t\r\n\r\n");
    other.send("GET /many HTTP/1.1\r\nHost: t\r\n\r\n");
    eventually("the slow one holds a request", || slow.seen().len() == 1);
    eventually("the quick one has answered its own", || {
        quick.seen().len() == 1 && instances(&door)[1]["requests_in_flight"] == 0
    });
    let mut client = door.client();
    for _ in 0..20 {
        assert_eq!(client.get("/many").status, 200);
    }
    assert_eq!(slow.seen().len(), 1);
    busy.store(false, Ordering::SeqCst);
    assert_eq!((held.answer().status, other.answer().status), (200, 200));
}

#[test]
fn an_instance_takes_no_more_requests_at_once_than_it_may() {
    let at_once = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let fleet: Vec<Upstream> = (0..2)
        .map(|_| {
            let (at_once, most) = (Arc::clone(&at_once), Arc::clone(&most));
            Upstream::start(move |seen, socket| {
                most.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(20));
                at_once.fetch_sub(1, Ordering::SeqCst);
                ok(seen, socket)
            })
        })
        .collect();
    let addresses: Vec<String> = fleet.iter().map(address).collect();
    let door = door(&addresses, |many| {
        many["max_connections"] = 2.into();
        many["connect_timeout_ms"] = 10_000.into();
    });
    let load = Load::start(12, door.address, "/many");
    load.goes_on(300);
    assert_eq!(load.failed(), Vec::<u16>::new());
    assert_eq!(most.load(Ordering::SeqCst), 4, "two each");
}

#[test]
fn a_refused_connection_costs_no_request_and_ejects_the_instance() {
    let well = Upstream::start(ok);
    let (_held, gone) = refusing();
    let door = door(&[gone.clone(), address(&well)], |_| {});
    let mut client = door.client();
    for n in 0..30 {
        let post = "POST /many HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nhi";
        let get = "GET /many HTTP/1.1\r\nHost: t\r\n\r\n";
        let answer = client.send(if n % 2 == 0 { post } else { get }).answer();
        assert_eq!(answer.status, 200, "nothing of it was sent to the first");
    }
    assert_eq!(well.seen().len(), 30);
    let label = format!("{{address=\"{gone}\",upstream=\"many\"}}");
    let ejected = metric(
        &door,
        &format!("mvp_gateway_upstream_instance_ejected{label}"),
    );
    let ejections = metric(
        &door,
        &format!("mvp_gateway_upstream_ejections_total{label}"),
    );
    assert_eq!((ejected, ejections), (Some(1), Some(1)));
    let retries = r#"mvp_gateway_upstream_retries_total{result="sent",upstream="many"}"#;
    assert_eq!(metric(&door, retries), Some(5), "then it was left alone");
    assert!(instances(&door)[0]["ejected_for_ms"].as_u64().unwrap() > 1_000);
}

/// Answers with 500 as long as it is told to.
fn failing() -> (Arc<AtomicBool>, Upstream) {
    let broken = Arc::new(AtomicBool::new(true));
    let fails = Arc::clone(&broken);
    let upstream = Upstream::start(move |seen, socket| {
        if fails.load(Ordering::SeqCst) {
            return status("500 Broken")(seen, socket);
        }
        ok(seen, socket)
    });
    (broken, upstream)
}

#[test]
fn an_instance_that_answers_with_errors_is_ejected() {
    let (first, second) = (failing().1, Upstream::start(ok));
    let door = door(&[address(&first), address(&second)], |many| {
        many["ejection"] = json!({"consecutive_failures": 3});
    });
    let mut client = door.client();
    let statuses: Vec<u16> = (0..12).map(|_| client.get("/many").status).collect();
    let failed = statuses.iter().filter(|status| **status == 500).count();
    assert_eq!(failed, 3, "passed on, until there were three: {statuses:?}");
}

#[test]
fn an_ejected_instance_comes_back() {
    let (broken, first) = failing();
    let second = Upstream::start(ok);
    let door = door(&[address(&first), address(&second)], |many| {
        many["ejection"] = json!({"consecutive_failures": 1, "base_ms": 100, "max_ms": 100});
    });
    eventually("it fails", || door.get("/many").status == 500);
    broken.store(false, Ordering::SeqCst);
    let before = first.seen().len();
    eventually("it is asked again", || {
        assert_eq!(door.get("/many").status, 200);
        first.seen().len() > before
    });
}

#[test]
fn no_more_than_half_are_ejected() {
    let fleet = [(); 2].map(|()| Upstream::start(status("503 Busy")));
    let door = door(&fleet.each_ref().map(address), |many| {
        many["ejection"] = json!({"consecutive_failures": 2});
        many["breaker"] = json!({"enabled": false});
    });
    for _ in 0..20 {
        assert_eq!(door.get("/many").status, 503);
    }
    let out = |it: &Value| it["ejected_for_ms"].as_u64().unwrap() > 0;
    assert_eq!(instances(&door).iter().filter(|it| out(it)).count(), 1);
}

#[test]
fn probes_take_an_instance_out_and_bring_it_back() {
    let sick = Arc::new(AtomicBool::new(true));
    let is_sick = Arc::clone(&sick);
    let first = Upstream::start(move |seen, socket| {
        let fails = seen.line().contains("/healthz") && is_sick.load(Ordering::SeqCst);
        if fails {
            return status("503 Sick")(seen, socket);
        }
        ok(seen, socket)
    });
    let second = Upstream::start(ok);
    let door = door(&[address(&first), address(&second)], |many| {
        many["health_check"] = json!({
            "interval_ms": 20, "path": "/healthz", "unhealthy_after": 2, "healthy_after": 2,
        });
    });
    let up = format!(
        "mvp_gateway_upstream_instance_up{{address=\"{}\",upstream=\"many\"}}",
        first.address
    );
    eventually("it is out", || metric(&door, &up) == Some(0));
    let asked = |it: &Upstream| {
        let seen = it.seen();
        seen.iter()
            .filter(|it| !it.line().contains("healthz"))
            .count()
    };
    let mut client = door.client();
    for _ in 0..20 {
        assert_eq!(client.get("/many").status, 200);
    }
    assert_eq!((asked(&first), asked(&second)), (0, 20));
    assert_eq!(
        door.get("/health").json()["checks"]["many"]["instances"],
        "1 of 2"
    );
    sick.store(false, Ordering::SeqCst);
    eventually("it is in", || metric(&door, &up) == Some(1));
    for _ in 0..20 {
        assert_eq!(client.get("/many").status, 200);
    }
    assert_eq!((asked(&first), asked(&second)), (10, 30));
}

#[test]
fn when_all_are_unhealthy_all_are_used() {
    let fleet = [(); 2].map(|()| {
        Upstream::start(|seen: &Seen, socket: &mut TcpStream| {
            if seen.line().contains("/healthz") {
                return status("503 Sick")(seen, socket);
            }
            ok(seen, socket)
        })
    });
    let door = door(&fleet.each_ref().map(address), |many| {
        many["health_check"] = json!({"interval_ms": 20, "path": "/healthz", "unhealthy_after": 1});
    });
    eventually("both are out", || {
        instances(&door).iter().all(|it| it["healthy"] == false)
    });
    for _ in 0..10 {
        assert_eq!(door.get("/many").status, 200);
    }
}

#[test]
fn answers_that_are_configured_are_tried_elsewhere_but_no_body_is_sent_twice() {
    let first = Upstream::start(status("503 Busy"));
    let second = Upstream::start(ok);
    let door = door(&[address(&first), address(&second)], |many| {
        many["retries"] = json!({"statuses": [503]});
        many["ejection"] = json!({"consecutive_failures": 0});
    });
    let mut client = door.client();
    for _ in 0..10 {
        assert_eq!(client.get("/many").status, 200);
    }
    let with_body = "PUT /many HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nhi";
    let mut statuses = BTreeMap::new();
    for _ in 0..10 {
        *statuses
            .entry(client.send(with_body).answer().status)
            .or_insert(0) += 1;
    }
    assert_eq!(statuses, BTreeMap::from([(200, 5), (503, 5)]));
    let deadline = second.last().header("x-deadline-ms").unwrap();
    assert_eq!(deadline, "2000");
}

#[test]
fn what_is_sent_again_carries_the_time_that_is_left() {
    let first = Upstream::start(|_, socket| {
        std::thread::sleep(Duration::from_millis(150));
        status("503 Busy")(
            &Seen {
                head: String::new(),
                body: Vec::new(),
                nth: 0,
            },
            socket,
        )
    });
    let second = Upstream::start(ok);
    let door = door(&[address(&first), address(&second)], |many| {
        many["retries"] = json!({"statuses": [503]});
    });
    assert_eq!(door.get("/many").status, 200);
    assert_eq!(
        first.last().header("x-deadline-ms").as_deref(),
        Some("2000")
    );
    let left: u64 = second
        .last()
        .header("x-deadline-ms")
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=1_850).contains(&left), "{left}");
}

#[test]
fn retries_stop_when_their_budget_is_used_up() {
    let fleet = [(); 2].map(|()| Upstream::start(status("503 Busy")));
    let door = door(&fleet.each_ref().map(address), |many| {
        many["retries"] =
            json!({"max": 1, "statuses": [503], "budget_percent": 0, "budget_floor": 3});
        many["ejection"] = json!({"consecutive_failures": 0, "silence_ms": 0});
        many["breaker"] = json!({"enabled": false});
    });
    let mut client = door.client();
    for _ in 0..10 {
        assert_eq!(client.get("/many").status, 503);
    }
    let all: usize = fleet.iter().map(|it| it.seen().len()).sum();
    assert_eq!(all, 13);
    let refused = r#"mvp_gateway_upstream_retries_total{result="no_budget",upstream="many"}"#;
    assert_eq!(metric(&door, refused), Some(7));
}

#[test]
fn a_rolling_restart_of_both_instances_under_load_costs_no_request() {
    let mut fleet = [Instance::start(), Instance::start()];
    let addresses = fleet.each_ref().map(|it| it.address.to_string());
    let door = door(&addresses, |_| {});
    let load = Load::start(6, door.address, "/many/health/live");
    load.goes_on(300);
    for instance in &mut fleet {
        instance.drain();
        load.goes_on(100);
        instance.begin();
        load.goes_on(100);
    }
    for instance in &mut fleet {
        instance.kill();
        load.goes_on(100);
        instance.begin();
        load.goes_on(100);
    }
    assert_eq!(load.failed(), Vec::<u16>::new());
}
