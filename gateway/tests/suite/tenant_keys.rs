//! Keys of tenants at the door: each reason to refuse one has its code, and none is passed on.

use crate::door::{Door, KEY};
use crate::upstream::{Seen, Upstream, ok};
use serde_json::{Value, json};
use std::io::Write;
use std::net::TcpStream;

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
        std::thread::sleep(std::time::Duration::from_millis(200));
        return say(socket, 200, &json!({"data": [], "next": 1, "oldest": 1}));
    }
    ok(seen, socket)
}

#[test]
fn every_reason_to_refuse_a_tenants_key_has_its_code() {
    let upstream = Upstream::start(both);
    let door = Door::with(upstream, |json| {
        let url = json["upstreams"]["vehicles"]["url"].clone();
        json["tenant_keys"] = json!({"url": url, "key_file": "partner"});
        json["routes"][0]["api_key"] = json!({"scope": "vehicles:read", "files": ["other"],
            "tenants": true, "upstream_key": "partner"});
    });
    let ask = |key: &str| {
        door.ask(format!(
            "GET /platform/vehicles/makes HTTP/1.1\r\nHost: t\r\nX-API-Key: mvp_live_{key}\r\nX-Tenant-Id: evil\r\n\r\n"
        ))
    };
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
    let log = door.log.text();
    assert!(!log.contains("mvp_live_"), "{log}");
}
