//! Keys of tenants at the door: each reason to refuse one has its code, and none is passed on.

use crate::client::{Answer, Client};
use crate::door::{Door, KEY, eventually};
use crate::upstream::{Seen, Upstream, ok};
use serde_json::{Value, json};
use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

fn say(socket: &mut TcpStream, status: u16, json: &Value) -> bool {
    let body = json.to_string();
    let head = format!("HTTP/1.1 {status} x\r\nContent-Type: application/json\r\n");
    let rest = format!("Content-Length: {}\r\n\r\n{body}", body.len());
    socket.write_all((head + &rest).as_bytes()).is_ok()
}

/// What the tenants platform says of a key, by what the key is called.
fn verdict(key: &str) -> (u16, Value) {
    let known = |scopes: &[&str],
                 networks: &[&str],
                 expires: Option<&str>,
                 per_day: Option<u32>| {
        let tenant = "00000000-0000-7000-8000-000000000001";
        let mut json = json!({"id": "aB3dE6gH9jK2", "tenant_id": tenant, "scopes": scopes, "networks": networks,
            "requests_today": 0, "keep_s": 60});
        json["expires_at"] = json!(expires);
        json["requests_per_day"] = json!(per_day);
        (200, json)
    };
    match key.trim_start_matches("mvp_live_") {
        "good" => known(&["vehicles:read"], &[], None, None),
        "narrow" => known(&["fuel:read"], &[], None, None),
        "elsewhere" => known(&["vehicles:read"], &["203.0.113.0/24"], None, None),
        "old" => known(&["vehicles:read"], &[], Some("2020-01-01T00:00:00Z"), None),
        "used_up" => known(&["vehicles:read"], &[], None, Some(0)),
        "garbled" => (200, json!({"id": 7})),
        "suspended" => (403, json!({"code": "forbidden"})),
        "scopeless" => (403, json!({"code": "scope_missing"})),
        "broken" => (500, json!({"code": "internal"})),
        other => (401, json!({"code": other})),
    }
}

/// The platform and the service behind the door in one.
fn both(seen: &Seen, socket: &mut TcpStream) -> bool {
    let line = seen.line();
    if line.contains("/tenants/api-keys/verify") {
        let asked: Value = serde_json::from_slice(&seen.body).unwrap();
        let (status, json) = verdict(asked["key"].as_str().unwrap());
        return say(socket, status, &json);
    }
    if line.contains("/tenants/events") {
        std::thread::sleep(Duration::from_millis(200));
        return say(socket, 200, &json!({"data": [], "next": 1, "oldest": 1}));
    }
    ok(seen, socket)
}

/// A door before such a platform, with these changes of what is said about it.
fn door(
    platform: impl Fn(&Seen, &mut TcpStream) -> bool + Send + Sync + 'static,
    change: impl FnOnce(&mut Value),
) -> Door {
    Door::with(Upstream::start(platform), |json| {
        let url = json["upstreams"]["vehicles"]["url"].clone();
        json["tenant_keys"] = json!({"url": url, "key_file": "partner"});
        change(&mut json["tenant_keys"]);
        json["routes"][0]["api_key"] = json!({"scope": "vehicles:read", "files": ["other"],
            "tenants": true, "upstream_key": "partner"});
    })
}

fn ask(door: &Door, key: &str) -> Answer {
    door.ask(format!(
        "GET /platform/vehicles/makes HTTP/1.1\r\nHost: t\r\nX-API-Key: mvp_live_{key}\r\nX-Tenant-Id: evil\r\n\r\n"
    ))
}

#[test]
fn every_reason_to_refuse_a_tenants_key_has_its_code() {
    let door = door(both, |_| {});
    let ask = |key: &str| ask(&door, key);
    assert_eq!(ask("good").status, 200);
    let passed = |seen: &&Seen| seen.line().contains("/vehicles/makes");
    let seen = door.upstream.seen();
    let seen = seen.iter().find(passed).unwrap();
    assert_eq!(seen.header("x-api-key").as_deref(), Some(KEY));
    let tenant = "00000000-0000-7000-8000-000000000001";
    assert_eq!(seen.header("x-tenant-id").as_deref(), Some(tenant));
    for (key, status, code) in [
        ("api_key_unknown", 401, "api_key_unknown"),
        ("api_key_expired", 401, "api_key_expired"),
        ("api_key_revoked", 401, "api_key_revoked"),
        ("old", 401, "api_key_expired"),
        ("narrow", 403, "scope_missing"),
        ("elsewhere", 403, "network_denied"),
        ("suspended", 403, "forbidden"),
        ("used_up", 429, "daily_quota_exceeded"),
        // What the platform does not say of the caller's key permits nothing.
        ("scopeless", 503, "unavailable"),
        ("unheard_of", 503, "unavailable"),
        ("garbled", 503, "unavailable"),
        ("broken", 503, "unavailable"),
    ] {
        let answer = ask(key);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{key}"
        );
    }
    assert_eq!(door.upstream.seen().iter().filter(passed).count(), 1);
    let whose = format!("\"consumer\":\"aB3dE6gH9jK2\",\"tenant_id\":\"{tenant}\"");
    eventually("the log says whose request passed", || {
        door.log.text().contains(&whose)
    });
    let log = door.log.text();
    assert!(!log.contains("mvp_live_"), "{log}");
}

/// What a test has the platform do, and what it has seen.
#[derive(Default)]
struct Script {
    verified: AtomicUsize,
    is_revoked: AtomicBool,
    is_told: AtomicBool,
    is_heeded: AtomicBool,
}

impl Script {
    fn say_of_key(&self, socket: &mut TcpStream) -> bool {
        let is_revoked = self.is_revoked.load(Ordering::SeqCst);
        let (status, json) = verdict(if is_revoked {
            "api_key_revoked"
        } else {
            "good"
        });
        say(socket, status, &json)
    }

    fn verified(&self) -> usize {
        self.verified.load(Ordering::SeqCst)
    }
}

fn is(flag: &AtomicBool) -> bool {
    flag.load(Ordering::SeqCst)
}

#[test]
fn a_revocation_that_overtakes_the_answer_about_its_key_is_not_undone_by_it() {
    let script = Arc::new(Script::default());
    let platform = Arc::clone(&script);
    let door = door(
        move |seen, socket| {
            let (it, line) = (&*platform, seen.line());
            if line.contains("/tenants/api-keys/verify") {
                if it.verified.fetch_add(1, Ordering::SeqCst) > 0 {
                    return it.say_of_key(socket);
                }
                // Valid when it was looked up; on the way back the revocation overtakes it.
                eventually("the revocation is heeded", || is(&it.is_heeded));
                let sent = it.say_of_key(socket);
                it.is_revoked.store(true, Ordering::SeqCst);
                return sent;
            }
            if !line.contains("/tenants/events") {
                return ok(seen, socket);
            }
            if line.contains("after=1&") {
                eventually("the key is asked about", || it.verified() > 0);
                let event = json!({"type": "api_key.revoked", "subject": "aB3dE6gH9jK2"});
                return say(
                    socket,
                    200,
                    &json!({"data": [event], "next": 2, "oldest": 1}),
                );
            }
            let is_next = line.contains("after=2&");
            it.is_heeded.fetch_or(is_next, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(if is_next { 100 } else { 0 }));
            let next = if is_next { 2 } else { 1 };
            say(socket, 200, &json!({"data": [], "next": next, "oldest": 1}))
        },
        |_| {},
    );
    // The feed must have begun: what is asked before that is forgotten anyway.
    eventually("the feed waits for events", || {
        door.upstream.raw().contains("after=1&")
    });
    // The answer is good for the request that asked for it, and for no other.
    assert_eq!(ask(&door, "racing").status, 200);
    assert_eq!(ask(&door, "racing").code(), "api_key_revoked");
}

#[test]
fn a_key_is_asked_about_again_before_long_though_the_feed_tells_of_nothing() {
    let script = Arc::new(Script::default());
    let platform = Arc::clone(&script);
    let door = door(
        move |seen, socket| {
            if seen.line().contains("/tenants/api-keys/verify") {
                platform.verified.fetch_add(1, Ordering::SeqCst);
                return platform.say_of_key(socket);
            }
            both(seen, socket)
        },
        |settings| settings["ask_again_s"] = json!(2),
    );
    eventually("the feed is heard of", || {
        door.upstream.raw().contains("after=1&")
    });
    for _ in 0..20 {
        assert_eq!(ask(&door, "silent").status, 200);
    }
    // Twice where the first answer was before the feed's first word, or the machine was slow.
    assert!(script.verified() <= 2, "{}", script.verified());
    script.is_revoked.store(true, Ordering::SeqCst);
    eventually("the revocation is found out", || {
        ask(&door, "silent").status == 401
    });
}

#[test]
fn a_platform_that_went_back_to_an_older_state_is_asked_about_every_key_again() {
    let script = Arc::new(Script::default());
    let platform = Arc::clone(&script);
    let door = door(
        move |seen, socket| {
            let (it, line) = (&*platform, seen.line());
            if line.contains("/tenants/api-keys/verify") {
                return it.say_of_key(socket);
            }
            if !line.contains("/tenants/events") {
                return ok(seen, socket);
            }
            it.is_heeded
                .fetch_or(line.contains("after=4&"), Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(50));
            let next = if is(&it.is_told) { 4 } else { 9 };
            say(socket, 200, &json!({"data": [], "next": next, "oldest": 1}))
        },
        |_| {},
    );
    eventually("the feed is heard of", || {
        door.upstream.raw().contains("after=9&")
    });
    assert_eq!(ask(&door, "restored").status, 200);
    script.is_revoked.store(true, Ordering::SeqCst);
    assert_eq!(ask(&door, "restored").status, 200);
    script.is_told.store(true, Ordering::SeqCst);
    eventually("its events are read from where it is now", || {
        is(&script.is_heeded)
    });
    assert_eq!(ask(&door, "restored").code(), "api_key_revoked");
}

#[test]
fn the_operator_sees_how_many_keys_are_kept_and_can_have_them_forgotten() {
    let script = Arc::new(Script::default());
    let platform = Arc::clone(&script);
    let door = door(
        move |seen, socket| {
            if seen.line().contains("/tenants/api-keys/verify") {
                return platform.say_of_key(socket);
            }
            both(seen, socket)
        },
        |_| {},
    );
    eventually("the feed is heard of", || {
        door.upstream.raw().contains("after=1&")
    });
    for key in ["one", "two", "two"] {
        assert_eq!(ask(&door, key).status, 200);
    }
    let seen = door.operator("/keys")["tenant_keys"].clone();
    assert_eq!(
        (&seen["kept"], &seen["max_keys"]),
        (&json!(2), &json!(100_000))
    );
    assert_eq!(seen["platform_is_away"], false);
    assert!(seen["confirmed_s_ago"].as_u64().unwrap() < 5, "{seen}");
    assert!(!seen.to_string().contains("mvp_live_"));
    let metrics = door.metrics();
    assert!(
        metrics.contains("mvp_gateway_tenant_keys_kept 2"),
        "{metrics}"
    );
    assert!(metrics.contains("mvp_gateway_tenant_keys_unconfirmed_seconds "));
    script.is_revoked.store(true, Ordering::SeqCst);
    let mut operator = Client::connect(door.admin);
    let mut forget = |more: &str| {
        let request = format!("DELETE /keys HTTP/1.1\r\nHost: t\r\n{more}\r\n");
        operator.send(request).answer()
    };
    // A page in the operator's browser cannot do it.
    assert_eq!(forget("Origin: http://evil.example\r\n").status, 403);
    assert_eq!(ask(&door, "one").status, 200);
    assert_eq!(forget("").json()["tenant_keys"]["kept"], 0);
    assert_eq!(ask(&door, "one").code(), "api_key_revoked");
}
