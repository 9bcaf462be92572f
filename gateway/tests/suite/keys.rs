//! API keys: who is let through, what is logged, and how keys are rotated.

use crate::door::{Door, KEY, eventually, write_key};

const SECOND: &str = "mvp_svc_second_0123456789abcdef";

fn with(key: &str) -> String {
    format!(
        "GET /platform/vehicles/makes?vin=CANARYVIN HTTP/1.1\r\nHost: t\r\nX-API-Key: {key}\r\n\r\n"
    )
}

#[test]
fn missing_and_wrong_keys_are_told_apart_and_neither_reaches_the_upstream() {
    let door = Door::open();
    let missing = door.get("/platform/vehicles/makes");
    assert_eq!(
        (missing.status, missing.code().as_str()),
        (401, "api_key_missing")
    );
    assert!(missing.header("www-authenticate").is_some());
    for wrong in [
        "",
        "x",
        &KEY[1..],
        &KEY.to_uppercase(),
        &format!("{KEY}x"),
        "mvp_svc_other_0123456789abcdef",
        "\u{e4}",
        &"k".repeat(8000),
    ] {
        let answer = door.ask(with(wrong));
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (401, "api_key_unknown"),
            "{wrong:?}"
        );
    }
    assert_eq!(
        door.ask(with(KEY).replace("vehicles/makes", "vehicles"))
            .status,
        200
    );
    assert_eq!(door.upstream.seen().len(), 1);
}

#[test]
fn the_key_is_passed_on_only_where_the_upstream_checks_it_too() {
    let door = Door::open();
    assert_eq!(door.ask(with(KEY)).status, 200);
    assert_eq!(
        door.upstream.last().header("x-api-key").as_deref(),
        Some(KEY)
    );
    let other =
        "GET /private HTTP/1.1\r\nHost: t\r\nX-API-Key: mvp_svc_other_0123456789abcdef\r\n\r\n";
    assert_eq!(door.ask(other).status, 200);
    assert_eq!(door.upstream.last().header("x-api-key"), None);
    assert_eq!(
        door.upstream.last().header("x-consumer-id").as_deref(),
        Some("other")
    );
    // On a route without keys the key is nobody's business.
    assert_eq!(
        door.ask(with(KEY).replace("/platform/vehicles/makes", "/open"))
            .status,
        200
    );
    assert_eq!(door.upstream.last().header("x-api-key"), None);
    assert_eq!(door.upstream.last().header("x-consumer-id"), None);
}

#[test]
fn keys_rotate_by_editing_the_file_without_a_failed_request() {
    let door = Door::open();
    let mut client = door.client();
    let mut ask = |key: &str| client.send(with(key)).answer().status;
    assert_eq!((ask(KEY), ask(SECOND)), (200, 401));
    write_key(&door.key_file("partner"), &format!("{KEY}\n{SECOND}\n"));
    eventually("both keys are valid", || {
        assert_eq!(ask(KEY), 200);
        ask(SECOND) == 200
    });
    write_key(
        &door.key_file("partner"),
        &format!("# the first is gone\n{SECOND}\n"),
    );
    eventually("the first key is gone", || {
        assert_eq!(ask(SECOND), 200);
        ask(KEY) == 401
    });
    write_key(&door.key_file("partner"), "");
    assert_eq!(ask(SECOND), 200, "an empty file keeps the keys in force");
}

#[test]
fn neither_key_nor_path_nor_query_is_logged_or_counted() {
    let door = Door::open();
    assert_eq!(door.ask(with(KEY)).status, 200);
    assert_eq!(door.ask(with("CANARYKEY")).status, 401);
    assert_eq!(door.get("/CANARYPATH").status, 404);
    eventually("three lines", || door.log.text().lines().count() == 3);
    let log = door.log.text();
    let metrics = door.metrics();
    for canary in ["CANARY", KEY, "makes"] {
        assert!(
            !log.contains(canary) && !metrics.contains(canary),
            "{canary} in {log}{metrics}"
        );
    }
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        for field in [
            "ts",
            "request_id",
            "trace_id",
            "route",
            "method",
            "status",
            "bytes_in",
            "bytes_out",
            "duration_ms",
        ] {
            assert!(line.get(field).is_some(), "{field}");
        }
    }
    let first: serde_json::Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    assert_eq!(
        (first["consumer"].as_str(), first["upstream"].as_str()),
        (Some("partner"), Some("vehicles"))
    );
    assert!(first["upstream_ms"].is_number());
    assert!(metrics.contains(r#"http_server_request_duration_seconds_count{http_request_method="GET",http_response_status_code="200",http_route="/platform/vehicles"} 1"#));
    assert!(metrics.contains(
        r#"http_client_request_duration_seconds_count{outcome="answered",upstream="vehicles"} 1"#
    ));
    assert!(metrics.contains(r#"mvp_gateway_refused_total{reason="api_key_unknown"} 1"#));
    assert!(metrics.contains("mvp_build_info{service=\"gateway\""));
}
