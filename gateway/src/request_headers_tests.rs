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

fn rewritten(pairs: &[(&str, &str)], forward_key: bool) -> HeaderMap {
    let mut headers: HeaderMap = pairs
        .iter()
        .map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        })
        .collect();
    let said = Said {
        upstream_host: &HeaderValue::from_static("upstream:1"),
        client: &HeaderValue::from_static("192.0.2.1"),
        request_id: &HeaderValue::from_static("id-12345"),
        trace: trace_of(TRACEPARENT_OF_CLIENT),
        consumer: Some(HeaderValue::from_static("partner")),
        tls: false,
        tenant: None,
        user: None,
        forward_key,
        forward_token: true,
        deadline: &HeaderValue::from_static("900"),
    };
    rewrite(&mut headers, said);
    headers
}

#[test]
fn the_key_stays_here_unless_the_upstream_checks_it() {
    assert!(!rewritten(&[("x-api-key", "k")], false).contains_key(API_KEY));
    assert!(rewritten(&[("x-api-key", "k")], true).contains_key(API_KEY));
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
        let mut headers =
            HeaderMap::from_iter([(TRACESTATE, HeaderValue::from_static("vendor=1"))]);
        let said = Said {
            upstream_host: &HeaderValue::from_static("upstream:1"),
            client: &HeaderValue::from_static("192.0.2.1"),
            request_id: &HeaderValue::from_static("id-12345"),
            trace,
            consumer: None,
            forward_key: false,
            tls: true,
            forward_token: true,
            tenant: None,
            user: None,
            deadline: &HeaderValue::from_static("900"),
        };
        rewrite(&mut headers, said);
        headers.contains_key(TRACESTATE)
    };
    assert!(state(trace_of(TRACEPARENT_OF_CLIENT)));
    assert!(!state(trace_of("00-broken")));
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
