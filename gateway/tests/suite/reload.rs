//! New settings while requests run: taken as a whole or not at all, and nothing is dropped.

use crate::client::{Answer, Client};
use crate::door::{Door, eventually};
use crate::fleet::Load;
use crate::upstream::{Upstream, ok};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

fn reload(door: &Door) -> Answer {
    let request = "POST /reload HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n";
    Client::connect(door.admin).send(request).answer()
}

fn add_route(json: &mut Value, prefix: &str, upstream: &str) {
    let route = json!({"prefix": prefix, "upstream": upstream});
    json["routes"].as_array_mut().unwrap().push(route);
}

#[test]
fn a_changed_file_is_in_force_soon_and_connections_stay() {
    let door = Door::following(Upstream::start(ok), |_| {});
    let mut client = door.client();
    assert_eq!(client.get("/open").status, 200);
    assert_eq!(client.get("/new").status, 404);
    door.rewrite(|json| add_route(json, "/new", "vehicles"));
    eventually("the route is there", || client.get("/new").status == 200);
    let used = door.upstream.connections();
    assert!(used <= 2, "{used}: those to an unchanged upstream stay too");
    assert!(
        door.metrics()
            .contains("mvp_gateway_reloads_total{result=\"taken\"} 1")
    );
    let routes = door.operator("/routes");
    let routes = routes["routes"].as_array().unwrap();
    let new = routes.iter().find(|it| it["prefix"] == "/new").unwrap();
    assert_eq!(new["upstream"], "vehicles");
}

#[test]
fn a_bad_file_changes_nothing_and_is_told() {
    let door = Door::following(Upstream::start(ok), |_| {});
    door.rewrite(|json| json["upstreams"]["vehicles"]["url"] = "ftp://a".into());
    let answer = reload(&door);
    assert_eq!(
        (answer.status, answer.code()),
        (422, "invalid_body".to_owned())
    );
    let reason = answer.json()["reason"].as_str().unwrap().to_owned();
    assert!(reason.starts_with("upstreams.vehicles.url: "), "{reason}");
    let line = usize::try_from(answer.json()["line"].as_u64().unwrap()).unwrap();
    let text = std::fs::read_to_string(door.key_file("gateway.yml")).unwrap();
    assert!(text.lines().nth(line - 1).unwrap().contains("ftp://a"));
    assert_eq!(door.get("/open").status, 200);
    assert!(door.metrics().contains("mvp_gateway_settings_rejected 1"));
    assert_eq!(door.operator("/settings")["rejected"]["reason"], reason);
    assert_eq!(door.operator("/settings")["generation"], 1);

    door.rewrite(|_| {});
    assert_eq!(reload(&door).status, 200);
    assert!(door.metrics().contains("mvp_gateway_settings_rejected 0"));
    assert_eq!(door.operator("/settings")["rejected"], Value::Null);
}

type Change = fn(&mut Value);

#[test]
fn what_needs_a_restart_is_refused_by_name() {
    let door = Door::following(Upstream::start(ok), |_| {});
    let cases: [(&str, Change); 6] = [
        ("listen", |json| json["listen"]["port"] = 1.into()),
        ("admin", |json| json["admin"]["port"] = 1.into()),
        ("workers", |json| json["workers"] = 3.into()),
        ("redis", |json| {
            json["redis"] = json!({"host": "127.0.0.1", "port": 1});
        }),
        ("tls", |json| {
            json["tls"] = crate::tls_client::Pair::new().into_settings();
        }),
        ("timeouts.stop_ms", |json| {
            json["timeouts"]["stop_ms"] = 1.into();
        }),
    ];
    for (key, change) in cases {
        door.rewrite(change);
        let answer = reload(&door);
        assert_eq!(answer.status, 422, "{key}");
        let expected = format!("{key}: cannot change without a restart");
        assert_eq!(answer.json()["reason"], expected);
    }
    assert_eq!(door.get("/open").status, 200);
}

#[test]
fn only_the_operators_own_post_reloads() {
    let door = Door::following(Upstream::start(ok), |_| {});
    assert_eq!(Client::connect(door.admin).get("/reload").status, 405);
    let of_page =
        "POST /reload HTTP/1.1\r\nHost: t\r\nOrigin: http://evil\r\nContent-Length: 0\r\n\r\n";
    let answer = Client::connect(door.admin).send(of_page).answer();
    assert_eq!(answer.status, 403);
    for path in ["/reload", "/routes", "/upstreams", "/settings"] {
        assert_eq!(door.get(path).status, 404, "{path} is not public");
    }
    assert_eq!(door.operator("/settings")["generation"], 1);

    let fixed = Door::open();
    let answer = reload(&fixed);
    assert_eq!(answer.status, 422);
    assert_eq!(
        answer.json()["reason"],
        "the settings did not come from files"
    );
}

#[test]
fn a_request_on_its_way_ends_on_the_old_terms() {
    let hold = Arc::new(AtomicBool::new(true));
    let waits = Arc::clone(&hold);
    let slow = Upstream::start(move |seen, socket| {
        while waits.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        ok(seen, socket)
    });
    let door = Door::following(slow, |json| {
        json["upstreams"]["vehicles"]["answer_timeout_ms"] = 60_000.into();
    });
    let mut client = door.client();
    client.send("GET /open/slow HTTP/1.1\r\nHost: t\r\n\r\n");
    eventually("it is on its way", || !door.upstream.seen().is_empty());
    door.rewrite(|json| {
        let others = json["routes"].as_array().unwrap().iter();
        let others: Vec<Value> = others
            .filter(|it| it["prefix"] == "/gone")
            .cloned()
            .collect();
        json["routes"] = others.into();
        json["upstreams"] = json!({"gone": {"url": "http://127.0.0.1:1"}});
    });
    assert_eq!(reload(&door).status, 200);
    assert_eq!(door.get("/open").status, 404);
    hold.store(false, Ordering::SeqCst);
    assert_eq!(client.answer().status, 200);
    assert_eq!(
        client.get("/open").status,
        404,
        "the next one knows the new"
    );
    eventually("it is logged by its old route", || {
        let log = door.log.text();
        log.contains(r#""route":"/open","method":"GET","upstream":"vehicles""#)
    });
}

#[test]
fn what_is_known_of_an_upstream_survives() {
    let door = Door::following(Upstream::start(ok), |_| {});
    for _ in 0..5 {
        assert_eq!(door.get("/gone").status, 503);
    }
    let state = |door: &Door| {
        let all = door.operator("/upstreams")["upstreams"].clone();
        let all = all.as_array().unwrap().iter();
        let mut gone = all.filter(|it| it["name"] == "gone");
        gone.next().unwrap()["breaker"].as_str().unwrap().to_owned()
    };
    assert_eq!(state(&door), "open");
    door.rewrite(|json| {
        add_route(json, "/new", "gone");
        json["upstreams"]["gone"]["answer_timeout_ms"] = 1.into();
    });
    assert_eq!(reload(&door).status, 200);
    assert_eq!(state(&door), "open", "though its other settings changed");
    let served = r#"http_server_request_duration_seconds_count{http_request_method="GET",http_response_status_code="503",http_route="/gone"} 5"#;
    assert!(door.metrics().contains(served), "counters go on");
}

#[test]
fn reloading_under_load_costs_no_request() {
    let door = Door::following(Upstream::start(ok), |_| {});
    let load = Load::start(6, door.address, "/open");
    for round in 0..15 {
        door.rewrite(|json| {
            json["upstreams"]["vehicles"]["max_idle_connections"] = (round + 1).into();
            add_route(json, &format!("/round/{round}"), "vehicles");
        });
        assert_eq!(reload(&door).status, 200);
        load.goes_on(20);
    }
    assert_eq!(load.failed(), Vec::<u16>::new());
}

#[test]
fn kept_connections_to_what_is_gone_are_closed() {
    let closed = Arc::new(AtomicBool::new(false));
    let is_closed = Arc::clone(&closed);
    let leaving = Upstream::start(move |seen, socket| {
        let answered = ok(seen, socket);
        let mut next = [0_u8; 1];
        // The gateway keeps the connection: this ends only when it is closed.
        let count = std::io::Read::read(socket, &mut next);
        is_closed.store(matches!(count, Ok(0)), Ordering::SeqCst);
        answered
    });
    let url = format!("http://{}", leaving.address);
    let door = Door::following(Upstream::start(ok), |json| {
        json["upstreams"]["leaving"] = json!({"url": url, "keep_alive_ms": 600_000});
        add_route(json, "/leaving", "leaving");
    });
    assert_eq!(door.get("/leaving").status, 200);
    assert!(!closed.load(Ordering::SeqCst));
    door.rewrite(|_| {});
    assert_eq!(reload(&door).status, 200);
    eventually("it is closed", || closed.load(Ordering::SeqCst));
}

#[test]
fn what_was_counted_against_a_limit_stays_when_settings_change() {
    let limited = |rate: u32| json!([{"by": "address", "rate": rate, "per_s": 86_400}]);
    let door = Door::following(Upstream::start(ok), |json| {
        json["routes"][2]["limits"] = limited(3);
    });
    for _ in 0..3 {
        assert_eq!(door.get("/open").status, 200);
    }
    door.rewrite(|json| {
        json["routes"][2]["limits"] = limited(3);
        add_route(json, "/new", "vehicles");
    });
    assert_eq!(reload(&door).status, 200);
    assert_eq!(door.get("/new").status, 200);
    assert_eq!(door.get("/open").status, 429, "counted before the change");
    door.rewrite(|json| json["routes"][2]["limits"] = json!([]));
    assert_eq!(reload(&door).status, 200);
    assert_eq!(door.get("/open").status, 200);
    // Addresses are judged by what is in force, on connections that were there before too.
    let mut client = door.client();
    assert_eq!(client.get("/open").status, 200);
    door.rewrite(|json| json["addresses"] = json!({"deny": ["127.0.0.0/8"]}));
    assert_eq!(reload(&door).status, 200);
    assert_eq!(client.get("/open").status, 403);
}
