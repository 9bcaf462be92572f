//! Routes for hosts, canaries, and routes that are closed for a while.

use crate::door::Door;
use crate::upstream::{Upstream, ok};
use serde_json::json;

/// A gateway with a second service, `next`, and these routes.
fn door(routes: &serde_json::Value) -> (Door, Upstream) {
    let next = Upstream::start(ok);
    let url = format!("http://{}", next.address);
    let door = Door::with(Upstream::start(ok), |json| {
        json["upstreams"]["next"] = json!({"url": url});
        json["routes"] = routes.clone();
    });
    (door, next)
}

fn ask(door: &Door, host: &str, path: &str) -> u16 {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    door.ask(request).status
}

#[test]
fn a_route_for_a_host_goes_before_one_for_all() {
    let (door, next) = door(&json!([
        {"prefix": "/a/longer", "upstream": "vehicles"},
        {"prefix": "/a", "upstream": "next", "hosts": ["Shop.example", "b.example"]},
        {"prefix": "/only", "upstream": "next", "hosts": ["b.example"]},
    ]));
    assert_eq!(ask(&door, "other.example", "/a/longer"), 200);
    assert_eq!(next.seen().len(), 0);
    for host in ["shop.EXAMPLE", "shop.example:8080", "b.example."] {
        assert_eq!(ask(&door, host, "/a/longer"), 200, "{host}");
    }
    assert_eq!(next.seen().len(), 3);
    assert_eq!(ask(&door, "b.example", "/only"), 200);
    for host in ["shop.example", "xb.example", "b.example.org", "[::1]:80"] {
        assert_eq!(ask(&door, host, "/only"), 404, "{host}");
    }
    let absolute = "GET http://b.example/only HTTP/1.1\r\nHost: b.example\r\n\r\n";
    assert_eq!(door.ask(absolute).status, 200);
}

#[test]
fn a_canary_gets_its_share_and_whoever_asks_for_it() {
    let (door, next) = door(&json!([{
        "prefix": "/a", "upstream": "vehicles",
        "canary": {"upstream": "next", "weight": 20, "header": {"name": "X-Canary", "value": "yes"}},
    }]));
    let mut client = door.client();
    for _ in 0..100 {
        assert_eq!(client.get("/a").status, 200);
    }
    assert_eq!((door.upstream.seen().len(), next.seen().len()), (80, 20));
    for (value, expected) in [("yes", 21), ("yes", 22)] {
        client.send(format!(
            "GET /a HTTP/1.1\r\nHost: t\r\nX-Canary: {value}\r\n\r\n"
        ));
        assert_eq!(client.answer().status, 200);
        assert_eq!(next.seen().len(), expected);
    }
    let log = door.log.text();
    crate::door::eventually("the log names who answered", || {
        door.log.text().matches("\"upstream\":\"next\"").count() == 22
    });
    assert!(!log.contains("X-Canary"));
}

#[test]
fn a_route_in_maintenance_answers_503_and_the_rest_goes_on() {
    let (door, _next) = door(&json!([
        {"prefix": "/a", "upstream": "vehicles", "maintenance": true},
        {"prefix": "/b", "upstream": "vehicles"},
    ]));
    let answer = door.get("/a");
    assert_eq!(
        (answer.status, answer.header("retry-after")),
        (503, Some("60"))
    );
    assert_eq!(answer.code(), "unavailable");
    assert_eq!(
        (door.get("/b").status, door.upstream.seen().len()),
        (200, 1)
    );
}

#[test]
fn a_gateway_in_maintenance_still_tells_its_health() {
    let door = Door::following(Upstream::start(ok), |_| {});
    assert_eq!(door.get("/open").status, 200);
    door.rewrite(|json| json["maintenance"] = true.into());
    crate::door::eventually("it is closed", || door.get("/open").status == 503);
    assert_eq!(door.get("/health/ready").status, 200);
    assert_eq!(door.get("/nowhere").status, 404);
    door.rewrite(|_| {});
    crate::door::eventually("it is open", || door.get("/open").status == 200);
}
