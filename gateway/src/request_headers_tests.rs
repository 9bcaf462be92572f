//! Tests of the header rules.

use super::*;
use proptest::prelude::*;

const TRACEPARENT_OF_CLIENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn trace_of(traceparent: &'static str) -> Trace {
    Trace::of(&HeaderMap::from_iter([(
        TRACEPARENT,
        HeaderValue::from_static(traceparent),
    )]))
}

fn said(trace: Trace) -> Said<'static> {
    const CLIENT: HeaderValue = HeaderValue::from_static("192.0.2.1");
    const ID: HeaderValue = HeaderValue::from_static("id-12345");
    Said {
        client: Box::leak(Box::new(CLIENT)),
        request_id: Box::leak(Box::new(ID)),
        trace,
        consumer: Some("partner"),
        tls: false,
        tenant: None,
        user: None,
        forward_key: false,
        forward_token: true,
        forward_tenant: false,
        websocket: false,
    }
}

/// What an upstream reads.
fn written(pairs: &[(&str, &str)], said: &Said<'_>) -> HeaderMap {
    let pair = |(name, value): &(&str, &str)| {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        (name, HeaderValue::from_str(value).unwrap())
    };
    let client: HeaderMap = pairs.iter().map(pair).collect();
    let host = HeaderValue::from_static("upstream:1");
    let mut text = Vec::new();
    write_fields(&client, said, &host, Duration::from_millis(900), &mut text);
    let text = String::from_utf8(text).unwrap();
    let lines = text.strip_suffix("\r\n").unwrap().split("\r\n");
    let field = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        pair(&(name, value))
    };
    lines.map(field).collect()
}

fn rewritten(pairs: &[(&str, &str)], forward_key: bool) -> HeaderMap {
    let said = Said {
        forward_key,
        ..said(trace_of(TRACEPARENT_OF_CLIENT))
    };
    written(pairs, &said)
}

#[test]
fn the_key_stays_here_unless_the_upstream_checks_it() {
    assert!(!rewritten(&[("x-api-key", "k")], false).contains_key(API_KEY));
    assert!(rewritten(&[("x-api-key", "k")], true).contains_key(API_KEY));
}

#[test]
fn which_tenant_is_meant_is_told_where_the_upstream_asks_for_itself() {
    static OF_KEY: HeaderValue = HeaderValue::from_static("of-key");
    let tenant = |forward_tenant, of_key: Option<&'static HeaderValue>| {
        let said = Said {
            forward_tenant,
            tenant: of_key,
            ..said(trace_of(TRACEPARENT_OF_CLIENT))
        };
        let headers = written(&[("x-tenant-id", "meant")], &said);
        let all: Vec<String> = headers
            .get_all("x-tenant-id")
            .iter()
            .map(|value| value.to_str().unwrap().to_owned())
            .collect();
        all
    };
    assert!(tenant(false, None).is_empty());
    assert_eq!(tenant(true, None), ["meant"]);
    assert_eq!(tenant(true, Some(&OF_KEY)), ["of-key"]);
}

#[test]
fn the_clients_host_is_told_and_the_upstreams_is_used() {
    let headers = rewritten(&[("host", "shop.example")], false);
    assert_eq!(headers["host"], "upstream:1");
    assert_eq!(headers["x-forwarded-host"], "shop.example");
}

#[test]
fn the_state_of_a_trace_goes_with_its_trace_only() {
    let state = |trace| {
        let headers = written(&[("tracestate", "vendor=1")], &said(trace));
        headers.contains_key("tracestate")
    };
    assert!(state(trace_of(TRACEPARENT_OF_CLIENT)));
    assert!(!state(trace_of("00-broken")));
}

#[test]
fn a_token_stays_here_unless_the_upstream_reads_it() {
    let trace = trace_of(TRACEPARENT_OF_CLIENT);
    for forward_token in [true, false] {
        let said = Said {
            forward_token,
            ..said(trace)
        };
        let headers = written(&[("authorization", "Bearer t")], &said);
        assert_eq!(headers.contains_key("authorization"), forward_token);
    }
}

#[test]
fn a_name_that_would_be_two_headers_is_not_said() {
    let said = Said {
        consumer: Some("a\r\nx-tenant-id: other"),
        user: Some("a\nb"),
        ..said(trace_of(TRACEPARENT_OF_CLIENT))
    };
    let headers = written(&[], &said);
    for name in ["x-consumer-id", "x-tenant-id", "x-user-id"] {
        assert!(!headers.contains_key(name), "{name}");
    }
}

proptest! {
    /// Whatever a client sends, and whatever it names in Connection, the upstream hears the
    /// gateway's own word exactly once, and nothing that only the gateway may say besides.
    #[test]
    fn nobody_speaks_for_the_gateway(
        names in prop::collection::vec(prop::sample::select(vec![
            "x-consumer-id", "x-tenant-id", "x-user-id", "x-request-id", "traceparent", "x-forwarded-for", "x-forwarded-proto",
            "x-forwarded-host", "x-forwarded-anything", "forwarded", "x-real-ip", "host", "te", "upgrade", "accept", "x-original-url", "x-deadline-ms",
        ]), 0..12),
        named in prop::collection::vec(prop::sample::select(vec!["x-consumer-id", "host", "x-forwarded-for", "accept", "x-request-id", "close"]), 0..4),
    ) {
        let named = named.join(", ");
        let mut pairs: Vec<(&str, &str)> = names.iter().map(|name| (*name, "spoofed")).collect();
        pairs.push(("connection", &named));
        let headers = rewritten(&pairs, false);
        for (name, value) in [("host", "upstream:1"), ("x-request-id", "id-12345"), ("x-forwarded-for", "192.0.2.1"), ("x-forwarded-proto", "http"), ("x-consumer-id", "partner"), ("x-deadline-ms", "900")] {
            let all: Vec<_> = headers.get_all(name).iter().collect();
            prop_assert_eq!(all, [value]);
        }
        prop_assert_eq!(headers.get_all(TRACEPARENT).iter().count(), 1);
        prop_assert!(headers[TRACEPARENT].as_bytes().starts_with(b"00-4bf92f3577b34da6a3ce929d0e0e4736-"));
        for name in headers.keys() {
            let ours = ["x-request-id", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-consumer-id", "x-deadline-ms"].contains(&name.as_str());
            prop_assert!(ours || !is_unwanted(name.as_str(), false), "{} got through", name);
        }
    }
}
