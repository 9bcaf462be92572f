//! Headers: the hostile ones are refused, the spoofed ones replaced, the rest passed on.

use crate::door::{Door, KEY};
use crate::upstream::Upstream;
use std::io::Write;

const HOSTILE: &[(&str, &str)] = &[
    ("no Host", "X-A: b\r\n"),
    ("two Hosts", "Host: t\r\nHost: u\r\n"),
    ("one Host twice", "Host: t\r\nHost: t\r\n"),
    ("empty Host", "Host:\r\n"),
    ("Host with a path", "Host: t/private\r\n"),
    ("Host with user information", "Host: a@t\r\n"),
    ("Host with blanks", "Host: t u\r\n"),
    ("Host list", "Host: t, u\r\n"),
    ("Host with a bad port", "Host: t:http\r\n"),
    ("Host with two ports", "Host: t:80:80\r\n"),
    ("Host with an empty port", "Host: t:\r\n"),
    ("Host with a long port", "Host: t:123456\r\n"),
    ("Host with an open bracket", "Host: [::1\r\n"),
    ("Host with an empty address", "Host: []\r\n"),
    ("Host with names in brackets", "Host: [t]\r\n"),
    ("Host with a query", "Host: t?x\r\n"),
    ("Host with a fragment", "Host: t#x\r\n"),
    ("Host with a backslash", "Host: t\\u\r\n"),
    ("Host beyond ASCII", "Host: t\u{e4}\r\n"),
    ("Host with percent", "Host: t%2e\r\n"),
    (
        "two API keys",
        "Host: t\r\nX-API-Key: a\r\nX-API-Key: b\r\n",
    ),
    (
        "one API key twice",
        "Host: t\r\nX-API-Key: a\r\nx-api-key: a\r\n",
    ),
    (
        "two Authorizations",
        "Host: t\r\nAuthorization: a\r\nAuthorization: b\r\n",
    ),
    ("API key with underscores", "Host: t\r\nX_API_Key: a\r\n"),
    (
        "consumer with underscores",
        "Host: t\r\nX_Consumer_Id: a\r\n",
    ),
    (
        "seventeen Connection tokens",
        "Host: t\r\nConnection: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q\r\n",
    ),
    (
        "seventeen Connection lines",
        "Host: t\r\nConnection: a\r\nConnection: b\r\nConnection: c\r\nConnection: d\r\nConnection: e\r\nConnection: f\r\nConnection: g\r\nConnection: h\r\nConnection: i\r\nConnection: j\r\nConnection: k\r\nConnection: l\r\nConnection: m\r\nConnection: n\r\nConnection: o\r\nConnection: p\r\nConnection: q\r\n",
    ),
    (
        "Connection with a non-token",
        "Host: t\r\nConnection: a b\r\n",
    ),
    ("unknown expectation", "Host: t\r\nExpect: 200-ok\r\n"),
    (
        "expectation list",
        "Host: t\r\nExpect: 100-continue, 100-continue\r\n",
    ),
    ("Host with a port beyond 65535", "Host: t:65536\r\n"),
    ("Host of a port alone", "Host: :80\r\n"),
    ("Host with a signed port", "Host: t:+80\r\n"),
    ("Host with a scheme", "Host: http://t\r\n"),
    ("Host with an asterisk", "Host: *\r\n"),
    ("Host with a quote", "Host: \"t\"\r\n"),
    ("Host with a zone", "Host: [fe80::1%25eth0]\r\n"),
    ("Host with text behind the bracket", "Host: [::1]t\r\n"),
    ("Host with a tab", "Host: t\tu\r\n"),
    ("Host in two spellings", "host: t\r\nHOST: u\r\n"),
    ("user with underscores", "Host: t\r\nX_User_Id: a\r\n"),
    (
        "forwarded with underscores",
        "Host: t\r\nX_Forwarded-For: a\r\n",
    ),
    (
        "Authorization with underscores",
        "Host: t\r\nProxy_Authorization: a\r\n",
    ),
    (
        "Connection with a quoted token",
        "Host: t\r\nConnection: \"close\"\r\n",
    ),
    (
        "Connection with a colon",
        "Host: t\r\nConnection: X-A: b\r\n",
    ),
];

#[test]
fn hostile_headers_are_refused() {
    for door in Door::both() {
        for (name, headers) in HOSTILE {
            door.refuses(
                name,
                format!("GET /open HTTP/1.1\r\n{headers}\r\n").as_bytes(),
                400,
            );
        }
        door.refuses(
            "target of another host",
            b"GET http://u/open HTTP/1.1\r\nHost: t\r\n\r\n",
            400,
        );
        door.refuses(
            "target of another port",
            b"GET http://t:81/open HTTP/1.1\r\nHost: t\r\n\r\n",
            400,
        );
        door.refuses(
            "target with user information",
            b"GET http://a@t/open HTTP/1.1\r\nHost: t\r\n\r\n",
            400,
        );
    }
}

#[test]
fn what_only_the_gateway_may_say_is_replaced_however_it_is_sent() {
    let door = Door::open();
    let spoofed = "X-Consumer-Id: root\r\nX-Tenant-Id: 1\r\nX-User-Id: 2\r\nX-Forwarded-For: 10.0.0.1\r\nX-Forwarded-For: 10.0.0.2\r\n\
        X-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Prefix: /evil\r\nX-Forwarded-Port: 1\r\nForwarded: for=evil\r\n\
        X-Real-IP: 10.0.0.3\r\nX-Original-URL: /evil\r\nX-Rewrite-URL: /evil\r\nX-HTTP-Method-Override: DELETE\r\nX-Request-Deadline: 1\r\nX-Deadline-Ms: 1\r\n\
        X-MVP-Internal: evil\r\nX-Request-Id: evil id\r\n";
    let bytes = format!(
        "GET /platform/vehicles/makes HTTP/1.1\r\nHost: shop.example:8080\r\nX-API-Key: {KEY}\r\n{spoofed}\r\n"
    );
    let answer = door.ask(&bytes);
    assert_eq!(answer.status, 200);
    let seen = door.upstream.last();
    for gone in [
        "x-tenant-id",
        "x-user-id",
        "forwarded",
        "x-real-ip",
        "x-original-url",
        "x-rewrite-url",
        "x-http-method-override",
        "x-request-deadline",
        "x-mvp-internal",
        "x-forwarded-prefix",
        "x-forwarded-port",
    ] {
        assert_eq!(seen.headers(gone), Vec::<String>::new(), "{gone}");
    }
    assert_eq!(
        seen.header("x-deadline-ms").as_deref(),
        Some("900"),
        "the route's answer timeout"
    );
    assert!(!seen.head.contains("evil") && !seen.head.contains("10.0.0."));
    assert_eq!(seen.header("x-consumer-id").as_deref(), Some("partner"));
    assert_eq!(seen.header("x-forwarded-for").as_deref(), Some("127.0.0.1"));
    assert_eq!(seen.header("x-forwarded-proto").as_deref(), Some("http"));
    assert_eq!(
        seen.header("x-forwarded-host").as_deref(),
        Some("shop.example:8080")
    );
    assert_eq!(seen.header("host"), Some(door.upstream.address.to_string()));
    assert_eq!(
        seen.header("x-request-id").as_deref(),
        answer.header("x-request-id")
    );
}

#[test]
fn connection_cannot_take_away_what_the_gateway_says() {
    let door = Door::open();
    let named = "Connection: close, X-Consumer-Id, X-Forwarded-For, X-Request-Id, Host, traceparent, X-Drop\r\nX-Drop: 1\r\nX-Keep: 2\r\n";
    let answer = door.ask(format!(
        "GET /platform/vehicles HTTP/1.1\r\nHost: t\r\nX-API-Key: {KEY}\r\n{named}\r\n"
    ));
    assert_eq!(answer.status, 200);
    let seen = door.upstream.last();
    for there in [
        "x-consumer-id",
        "x-forwarded-for",
        "x-request-id",
        "host",
        "traceparent",
        "x-keep",
    ] {
        assert!(seen.header(there).is_some(), "{there}");
    }
    assert_eq!(seen.header("x-drop"), None);
}

#[test]
fn hop_by_hop_headers_stop_here_and_others_pass() {
    let door = Door::before(Upstream::start(|_, socket| {
        socket
            .write_all(b"HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: x\r\nUpgrade: h2c\r\n\
                Trailer: x\r\nContent-Length: 2\r\nETag: \"a\"\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Request-Id: theirs-12345\r\n\r\nok")
            .is_ok()
    }));
    let hops = "Connection: keep-alive, Upgrade, TE\r\nKeep-Alive: 5\r\nTE: trailers\r\nTrailer: X\r\nUpgrade: websocket\r\nProxy-Connection: keep-alive\r\n\
        Proxy-Authorization: x\r\nProxy-Authenticate: y\r\nHTTP2-Settings: z\r\n";
    let ends = "Accept: a\r\nAccept: b\r\nCookie: c=d\r\nIf-None-Match: \"x\"\r\nX-Own: v\u{e4}\r\nAuthorization: Bearer t\r\n";
    let answer = door.ask(format!("GET /open HTTP/1.1\r\nHost: t\r\n{hops}{ends}\r\n"));
    let seen = door.upstream.last();
    for gone in [
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "upgrade",
        "proxy-connection",
        "proxy-authorization",
        "proxy-authenticate",
        "http2-settings",
        "transfer-encoding",
        "content-length",
    ] {
        assert_eq!(seen.headers(gone), Vec::<String>::new(), "{gone}");
    }
    assert_eq!(seen.headers("accept"), ["a", "b"]);
    assert_eq!(seen.header("x-own").as_deref(), Some("v\u{e4}"));
    assert_eq!(seen.header("authorization").as_deref(), Some("Bearer t"));
    for gone in [
        "x-hop",
        "keep-alive",
        "proxy-authenticate",
        "upgrade",
        "trailer",
        "connection",
    ] {
        assert_eq!(answer.header(gone), None, "{gone}");
    }
    assert_eq!(answer.header("etag"), Some("\"a\""));
    assert_eq!(answer.head.matches("set-cookie: ").count(), 2);
    assert_eq!(answer.head.matches("x-request-id: ").count(), 1);
    assert_eq!(
        seen.header("x-request-id").as_deref(),
        answer.header("x-request-id")
    );
}

#[test]
fn a_good_request_id_and_trace_are_carried_through_to_the_log() {
    let door = Door::open();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let bytes = format!(
        "GET /open HTTP/1.1\r\nHost: t\r\nX-Request-Id: order-4711.a\r\ntraceparent: 00-{trace}-00f067aa0ba902b7-01\r\ntracestate: a=b\r\n\r\n"
    );
    assert_eq!(door.ask(bytes).header("x-request-id"), Some("order-4711.a"));
    let seen = door.upstream.last();
    assert_eq!(seen.header("x-request-id").as_deref(), Some("order-4711.a"));
    assert_eq!(seen.header("tracestate").as_deref(), Some("a=b"));
    let onward = seen.header("traceparent").unwrap();
    assert!(onward.starts_with(&format!("00-{trace}-")) && onward.ends_with("-01"));
    assert!(!onward.contains("00f067aa0ba902b7"));
    crate::door::eventually("the log line", || {
        let log = door.log.text();
        log.contains(trace) && log.contains("\"request_id\":\"order-4711.a\"")
    });
}
