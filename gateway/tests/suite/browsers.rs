//! What browsers are told, which pages may ask, and which addresses may come.

use crate::client::Answer;
use crate::door::Door;
use crate::upstream::{Upstream, ok};
use serde_json::{Value, json};
use std::io::Write;

const PAGE: &str = "https://app.example";

fn door(change: impl FnOnce(&mut Value)) -> Door {
    Door::with(Upstream::start(ok), change)
}

fn with_cors() -> Door {
    door(|settings| {
        settings["cors"] = json!({"origins": [PAGE, "http://localhost:5173"], "credentials": true});
        settings["routes"][2]["cors"] = json!({"origins": ["https://other.example"]});
    })
}

fn from(door: &Door, line: &str, origin: &str, more: &str) -> Answer {
    door.ask(format!(
        "{line} HTTP/1.1\r\nHost: t\r\nOrigin: {origin}\r\n{more}\r\n"
    ))
}

#[test]
fn a_preflight_is_answered_here_before_any_key_is_asked_for() {
    let door = with_cors();
    let wish =
        "Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: x-api-key\r\n";
    let answer = from(&door, "OPTIONS /private", PAGE, wish);
    assert_eq!(answer.status, 204);
    for (name, value) in [
        ("access-control-allow-origin", PAGE),
        ("access-control-allow-credentials", "true"),
        ("access-control-allow-methods", "GET, HEAD"),
        (
            "access-control-allow-headers",
            "authorization, content-type, x-api-key, x-request-id",
        ),
        ("access-control-max-age", "600"),
        ("vary", "Origin"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    let unlisted = from(&door, "OPTIONS /private", "https://evil.example", wish);
    assert!(
        !unlisted.head.contains("access-control-"),
        "{}",
        unlisted.head
    );
    assert_eq!(unlisted.header("vary"), Some("Origin"));
    assert!(door.upstream.seen().is_empty());
    // An OPTIONS that no browser asks beforehand goes where it belongs.
    assert_eq!(from(&door, "OPTIONS /private", PAGE, "").status, 405);
    assert_eq!(
        door.ask("OPTIONS /open HTTP/1.1\r\nHost: t\r\n\r\n").status,
        200
    );
}

#[test]
fn only_listed_origins_may_read_answers_and_refusals() {
    let door = with_cors();
    let listed = from(&door, "GET /big", PAGE, "");
    assert_eq!(listed.header("access-control-allow-origin"), Some(PAGE));
    assert!(
        listed
            .header("access-control-expose-headers")
            .unwrap()
            .contains("x-request-id")
    );
    let refused = from(&door, "GET /private", PAGE, "");
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("access-control-allow-origin"), Some(PAGE));
    for origin in [
        "https://evil.example",
        "https://app.example.evil.example",
        "https://app.example:444",
        "http://app.example",
        "HTTPS://APP.EXAMPLE",
        "null",
        "*",
    ] {
        let answer = from(&door, "GET /big", origin, "");
        assert_eq!(answer.status, 200);
        assert!(!answer.head.contains("access-control-"), "{origin}");
        assert_eq!(answer.header("vary"), Some("Origin"));
    }
    assert_eq!(door.get("/big").header("vary"), Some("Origin"));
    // A route's own rules stand instead of those for all.
    assert!(
        !from(&door, "GET /open", PAGE, "")
            .head
            .contains("access-control-")
    );
    let other = from(&door, "GET /open", "https://other.example", "");
    assert_eq!(other.header("access-control-allow-credentials"), None);
    assert!(other.header("access-control-allow-origin").is_some());
}

#[test]
fn a_page_can_read_that_a_route_is_in_maintenance() {
    let door = door(|settings| {
        settings["cors"] = json!({"origins": [PAGE]});
        settings["browser_headers"] = json!({});
        settings["maintenance"] = true.into();
    });
    let wish = "Access-Control-Request-Method: GET\r\n";
    assert_eq!(from(&door, "OPTIONS /big", PAGE, wish).status, 204);
    let answer = from(&door, "GET /big", PAGE, "");
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (503, "unavailable")
    );
    assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
    assert_eq!(answer.header("retry-after"), Some("60"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let evil = from(&door, "GET /big", "https://evil.example", "");
    assert_eq!(evil.status, 503);
    assert!(!evil.head.contains("access-control-"), "{}", evil.head);
    assert_eq!(evil.header("vary"), Some("Origin"));
    assert!(door.upstream.seen().is_empty());
}

#[test]
fn an_upstreams_own_cross_origin_headers_do_not_widen_the_rules() {
    let upstream = Upstream::start(|_, socket| {
        let head = "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nVary: Accept\r\nContent-Length: 0\r\n\r\n";
        socket.write_all(head.as_bytes()).is_ok()
    });
    let door = Door::with(upstream, |settings| {
        settings["routes"][3]["cors"] = json!({"origins": [PAGE]});
    });
    let answer = from(&door, "GET /big", "https://evil.example", "");
    assert!(!answer.head.contains("access-control-"));
    assert!(answer.head.contains("vary: Accept\r\n") && answer.head.contains("vary: Origin\r\n"));
    // Without rules here they are the upstream's business.
    let theirs = from(&door, "GET /open", "https://evil.example", "");
    assert_eq!(theirs.header("access-control-allow-origin"), Some("*"));
}

#[test]
fn browsers_are_told_to_be_careful_unless_the_upstream_says_otherwise() {
    let upstream = Upstream::start(|seen, socket| {
        let own = if seen.line().contains("own") {
            "Content-Security-Policy: default-src 'self'\r\nReferrer-Policy: origin\r\n"
        } else {
            ""
        };
        let kind = if seen.line().contains("page") {
            "text/html"
        } else {
            "application/json"
        };
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{own}Content-Length: 0\r\n\r\n");
        socket.write_all(head.as_bytes()).is_ok()
    });
    let door = Door::with(upstream, |settings| {
        settings["browser_headers"] = json!({});
        settings["routes"][3]["browser_headers"] = json!({"nosniff": false, "referrer_policy": ""});
    });
    let strict = "default-src 'none'; frame-ancestors 'none'";
    for path in [
        "/open/data",
        "/nowhere",
        "/private",
        "/open/../x",
        "/health/live",
    ] {
        let answer = door.get(path);
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
        assert_eq!(
            answer.header("referrer-policy"),
            Some("no-referrer"),
            "{path}"
        );
        assert!(answer.header("permissions-policy").is_some(), "{path}");
        assert_eq!(
            answer.header("content-security-policy"),
            Some(strict),
            "{path}"
        );
    }
    let page = door.get("/open/page");
    assert_eq!(
        page.header("content-security-policy"),
        Some("frame-ancestors 'none'")
    );
    let own = door.get("/open/own");
    assert_eq!(
        own.header("content-security-policy"),
        Some("default-src 'self'")
    );
    assert_eq!(own.header("referrer-policy"), Some("origin"));
    let loose = door.get("/big");
    assert_eq!(loose.header("x-content-type-options"), None);
    assert_eq!(loose.header("referrer-policy"), None);
    assert!(loose.header("content-security-policy").is_some());
}

#[test]
fn without_a_policy_an_answer_is_as_the_upstream_gave_it() {
    let answer = door(|_| {}).get("/open");
    let names: Vec<&str> = answer
        .head
        .lines()
        .filter_map(|line| line.split_once(": ").map(|(name, _)| name))
        .collect();
    assert_eq!(names, ["content-length", "x-request-id", "date"]);
}

#[test]
fn addresses_are_judged_for_all_and_for_a_route() {
    let of = |all: Value, route: Value| {
        door(|settings| {
            settings["addresses"] = all;
            settings["routes"][2]["addresses"] = route;
        })
    };
    let statuses = |door: &Door| (door.get("/open").status, door.get("/big").status);
    for (all, route, expected) in [
        (json!({}), json!({}), (200, 200)),
        (json!({"deny": ["127.0.0.0/8"]}), json!({}), (403, 403)),
        (json!({"allow": ["10.0.0.0/8"]}), json!({}), (403, 403)),
        (
            json!({"allow": ["127.0.0.1/32"]}),
            json!({"deny": ["127.0.0.1/32"]}),
            (403, 200),
        ),
        (json!({}), json!({"allow": ["2001:db8::/32"]}), (403, 200)),
        (
            json!({}),
            json!({"allow": ["127.0.0.0/8"], "deny": ["127.1.0.0/16"]}),
            (200, 200),
        ),
    ] {
        let door = of(all.clone(), route.clone());
        assert_eq!(statuses(&door), expected, "{all} {route}");
        assert_eq!(door.get("/health/ready").status, 200);
    }
    let door = of(json!({"deny": ["127.0.0.0/8"]}), json!({}));
    let lie = "GET /open HTTP/1.1\r\nHost: t\r\nX-Forwarded-For: 8.8.8.8\r\nForwarded: for=8.8.8.8\r\n\r\n";
    let refused = door.ask(lie);
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (403, "address_denied")
    );
    assert!(!door.upstream.raw().contains("/open"));
    for path in ["/docs", "/docs/style.css", "/openapi.json"] {
        assert_eq!(door.get(path).code(), "address_denied", "{path}");
    }
}

#[test]
fn rules_that_make_no_sense_are_refused_with_their_key() {
    let secrets = tempfile::tempdir().unwrap();
    for (name, value, key) in [
        ("cors", json!({"origins": ["*"]}), "cors.origins"),
        (
            "cors",
            json!({"origins": ["https://app.example/"]}),
            "cors.origins",
        ),
        (
            "cors",
            json!({"origins": ["https://app.example/x"]}),
            "cors.origins",
        ),
        (
            "cors",
            json!({"origins": ["https://App.example"]}),
            "cors.origins",
        ),
        ("cors", json!({"origins": ["app.example"]}), "cors.origins"),
        (
            "cors",
            json!({"origins": [PAGE], "headers": ["*"]}),
            "cors.headers",
        ),
        (
            "cors",
            json!({"origins": [PAGE], "methods": ["G ET"]}),
            "cors.methods",
        ),
        (
            "browser_headers",
            json!({"json_policy": "a\r\nb"}),
            "browser_headers.json_policy",
        ),
    ] {
        let parse = |change: &dyn Fn(&mut Value)| {
            let mut settings = crate::door::settings("127.0.0.1:1", secrets.path());
            change(&mut settings);
            serde_json::from_value::<gateway::Settings>(settings).unwrap()
        };
        let all = parse(&|settings| settings[name] = value.clone());
        assert_eq!(all.validate().unwrap_err().key, key);
        let route = parse(&|settings| settings["routes"][1][name] = value.clone());
        assert_eq!(
            route.validate().unwrap_err().key,
            format!("routes[1].{key}")
        );
    }
}
