//! Hostile heads and bodies by HTTP/2, written by hand: none becomes a request that it was not.

use crate::door::Door;
use crate::http2_wire::{END_STREAM, Fields, Outcome, Wire, request};
use crate::paths::{NOT_FOUND, REFUSED};
use crate::tls_client::Pair;
use crate::upstream::{Upstream, ok};

/// What must become of a case.
#[derive(Clone, Copy)]
enum Expect {
    Status(u16),
    /// The stream or the connection is given up, as RFC 9113 §8.1.1 has it for what is malformed.
    Broken,
    /// Either 400 or that: it depends on who reads it first.
    Either,
}
use Expect::{Broken, Either, Status};

pub(crate) fn door(pair: &Pair) -> Door {
    Door::with(Upstream::start(ok), |json| json["tls"] = pair.settings())
}

fn get() -> Fields {
    request("GET", "/open")
}

/// A good head and one field more.
fn with(name: &[u8], value: &[u8]) -> Fields {
    let mut fields = get();
    fields.push((name.to_vec(), value.to_vec()));
    fields
}

/// A good head with another value of a field; None takes it away.
fn instead(name: &str, value: Option<&[u8]>) -> Fields {
    let mut fields = get();
    match value {
        Some(value) => {
            let field = fields.iter_mut().find(|(n, _)| n == name.as_bytes());
            field.unwrap().1 = value.to_vec();
        }
        None => fields.retain(|(n, _)| n != name.as_bytes()),
    }
    fields
}

const FIELDS: &[(&[u8], &[u8], Expect)] = &[
    // Headers of a connection (RFC 9113 §8.2.2).
    (b"connection", b"close", Broken),
    (b"connection", b"x-user-id", Broken),
    (b"keep-alive", b"timeout=5", Broken),
    (b"proxy-connection", b"keep-alive", Broken),
    (b"transfer-encoding", b"chunked", Broken),
    (b"transfer-encoding", b"identity", Broken),
    (b"upgrade", b"h2c", Broken),
    (b"upgrade", b"websocket", Broken),
    (b"te", b"gzip", Broken),
    (b"te", b"trailers, deflate", Broken),
    // Names (§8.2.1).
    (b"X-A", b"b", Broken),
    (b"Host", b"localhost", Broken),
    (b"x-A", b"b", Broken),
    (b"", b"b", Broken),
    (b"x a", b"b", Broken),
    (b"x-a ", b"b", Broken),
    (b" x-a", b"b", Broken),
    (b"x-a:", b"b", Broken),
    (b"x\ta", b"b", Broken),
    (b"x\0a", b"b", Broken),
    (b"x\x7fa", b"b", Broken),
    (b"x\r\nhost", b"b", Broken),
    (b"x-a: b\r\nx-user-id", b"root", Broken),
    (b"x-\xc3\xa4", b"b", Broken),
    (b"x(a)", b"b", Broken),
    (b"x/a", b"b", Broken),
    (b"x_user_id", b"root", Status(400)),
    (b"x_api_key", b"k", Status(400)),
    (b"content_length", b"5", Status(400)),
    (b"transfer_encoding", b"chunked", Status(400)),
    // Values.
    (b"x-a", b"b\r\nx-user-id: root", Broken),
    (b"x-a", b"b\r", Broken),
    (b"x-a", b"b\n", Broken),
    (b"x-a", b"\nb", Broken),
    (b"x-a", b"b\0c", Broken),
    (b"x-a", b"\x1b[2J", Broken),
    (b"x-a", b"b\x7f", Broken),
    (b"x-a", b"\x0bb", Broken),
    (b"x-a", b"b\r\n\r\nGET /private HTTP/1.1\r\nhost: t", Broken),
    (b"x-a", b" b", Status(400)),
    (b"x-a", b"b ", Status(400)),
    (b"x-a", b"\tb", Status(400)),
    (b"x-a", b"b\t", Status(400)),
    (b"x-a", b" ", Status(400)),
    (b"x-api-key", b" k", Status(400)),
    // Late and unknown pseudo-headers (§8.3).
    (b":path", b"/private", Broken),
    (b":method", b"POST", Broken),
    (b":scheme", b"http", Broken),
    (b":authority", b"elsewhere", Broken),
    (b":status", b"200", Broken),
    (b":protocol", b"websocket", Broken),
    (b":x", b"y", Broken),
    (b":", b"y", Broken),
    (b":Path", b"/private", Broken),
    // Hosts.
    (b"host", b"elsewhere", Status(400)),
    (b"host", b"localhost:443", Status(400)),
    (b"host", b"", Status(400)),
    (b"host", b"localhost, elsewhere", Status(400)),
    (b"host", b"localhost/private", Status(400)),
    // Lengths of no body, and framing that is no length.
    (b"content-length", b"5", Either),
    (b"content-length", b"-1", Either),
    (b"content-length", b"+0", Either),
    (b"content-length", b"0, 0", Either),
    (b"content-length", b"x", Either),
    (b"content-length", b"", Either),
    (b"content-length", b"18446744073709551616", Either),
    (b"expect", b"200-ok", Status(400)),
    (b"expect", b"100-continue, x", Status(400)),
];

const PSEUDO_HEADERS: &[(&str, Option<&[u8]>, Expect)] = &[
    (":authority", None, Status(400)),
    (":authority", Some(b""), Broken),
    (":authority", Some(b"a@localhost"), Status(400)),
    (":authority", Some(b"localhost:"), Status(400)),
    (":authority", Some(b"localhost:x"), Either),
    (":authority", Some(b"localhost:65536"), Either),
    (":authority", Some(b"localhost/private"), Broken),
    (":authority", Some(b"localhost, elsewhere"), Broken),
    (":authority", Some(b"localhost\r\nx-a: b"), Broken),
    (":authority", Some(b" localhost"), Broken),
    (":authority", Some(b"local\xc3\xa4"), Broken),
    (":authority", Some(b"[::1"), Broken),
    (":authority", Some(b"[localhost]"), Either),
    (":authority", Some(b"local_host%2e"), Broken),
    (":scheme", Some(b"ftp"), Status(400)),
    (":scheme", Some(b"file"), Status(400)),
    (":scheme", Some(b"javascript"), Status(400)),
    (":scheme", Some(b"https://u/?"), Broken),
    (":scheme", Some(b"https "), Broken),
    (":scheme", Some(b"ht\r\ntps"), Broken),
    (":method", Some(b"TRACE"), Status(405)),
    (":method", Some(b"get"), Status(501)),
    (":method", Some(b"BREW"), Status(501)),
    (":method", Some(b"REFUSED"), Status(501)),
    (":method", Some(b"PRI"), Status(501)),
    (":method", Some(b"GET /private HTTP/1.1\r\nx: "), Broken),
    (":method", Some(b"GET "), Broken),
    (":method", Some(b"G\0ET"), Broken),
    (":path", Some(b"*"), Either),
    (":path", Some(b"open"), Either),
    (":path", Some(b"?open"), Either),
    (":path", Some(b"https://localhost/open"), Either),
    (
        ":path",
        Some(b"/open HTTP/1.1\r\nx-user-id: root\r\nx: "),
        Broken,
    ),
    (":path", Some(b"/open x"), Broken),
    (":path", Some(b"/open\0"), Broken),
    (":path", Some(b"/open\x7f"), Broken),
    (":path", Some(b"/open\tx"), Broken),
    (":path", Some(b"/open?x y"), Broken),
    (":path", Some(b"/open?<x>"), Broken),
    (":path", Some(b"/open/\xff"), Broken),
    (":path", Some(b"/open/\xc3\xa4"), Status(400)),
];

fn pseudo_headers() -> Vec<(String, Fields, Expect)> {
    let mut cases = Vec::new();
    for name in [":method", ":scheme", ":path"] {
        cases.push((format!("no {name}"), instead(name, None), Broken));
        let mut twice = get();
        let again = twice.iter().find(|(n, _)| n == name.as_bytes());
        let again = again.unwrap().clone();
        twice.insert(0, again);
        cases.push((format!("{name} twice"), twice, Broken));
        cases.push((format!("{name} empty"), instead(name, Some(b"")), Either));
        let mut late = instead(name, None);
        late.push((b"x-a".to_vec(), b"b".to_vec()));
        let value = get().into_iter().find(|(n, _)| n == name.as_bytes());
        late.push(value.unwrap());
        cases.push((format!("{name} behind a header"), late, Broken));
    }
    let mut twice = get();
    twice.insert(0, (b":authority".to_vec(), b"localhost".to_vec()));
    cases.push((":authority twice".into(), twice, Broken));
    let mut of_host = instead(":path", None);
    of_host.retain(|(name, _)| name != b":authority");
    of_host.push((b"host".to_vec(), b"localhost".to_vec()));
    cases.push(("no :path, and a Host".into(), of_host, Status(400)));
    for (name, value, expect) in PSEUDO_HEADERS {
        let shown = value.map_or("nothing".into(), String::from_utf8_lossy);
        let fields = instead(name, *value);
        cases.push((format!("{name} of {shown:?}"), fields, *expect));
    }
    let connect = vec![
        (b":method".to_vec(), b"CONNECT".to_vec()),
        (b":authority".to_vec(), b"localhost:443".to_vec()),
    ];
    cases.push(("CONNECT".into(), connect, Status(405)));
    let mut extended = instead(":method", Some(b"CONNECT"));
    cases.push(("CONNECT with a path".into(), extended.clone(), Broken));
    extended.insert(0, (b":protocol".to_vec(), b"websocket".to_vec()));
    cases.push(("extended CONNECT".into(), extended, Broken));
    cases
}

fn doubles_and_sizes() -> Vec<(String, Fields, Expect)> {
    let mut cases = Vec::new();
    for (name, first, second) in [
        ("x-api-key", "a", "b"),
        ("x-api-key", "a", "a"),
        ("authorization", "a", "b"),
        ("host", "localhost", "localhost"),
        ("host", "localhost", "elsewhere"),
    ] {
        let mut fields = with(name.as_bytes(), first.as_bytes());
        fields.push((name.into(), second.into()));
        cases.push((format!("{name}: {first} and {second}"), fields, Status(400)));
    }
    for (first, second) in [("0", "0"), ("0", "5"), ("5", "0")] {
        let mut fields = with(b"content-length", first.as_bytes());
        fields.push((b"content-length".to_vec(), second.into()));
        cases.push((format!("lengths {first} and {second}"), fields, Either));
    }
    let long = "a".repeat(9000);
    let fields = instead(":path", Some(format!("/open/{long}").as_bytes()));
    cases.push(("target of 9 kB".into(), fields, Status(414)));
    cases.push((
        "header of 33 kB".into(),
        with(b"x-a", "a".repeat(33_000).as_bytes()),
        Status(431),
    ));
    let mut many = get();
    many.extend(vec![(b"x-a".to_vec(), b"b".to_vec()); 101]);
    cases.push(("101 headers".into(), many, Status(431)));
    let mut several = get();
    several.extend(vec![(b"x-a".to_vec(), vec![b'a'; 700]); 48]);
    cases.push(("many headers of 33 kB".into(), several, Status(431)));
    cases
}

/// Why an outcome is not what it must be.
fn wrong(wire: &mut Wire, expect: Expect, outcome: &Outcome) -> Option<String> {
    // A refused stream does not cost its neighbours.
    let goes_on = match outcome {
        Outcome::Answer(status, body) => {
            let wanted = match expect {
                Status(wanted) => wanted,
                Either => 400,
                Broken => return Some(format!("{status}: {body}")),
            };
            if *status != wanted || !body.contains("\"instance\"") {
                return Some(format!("{status}: {body}"));
            }
            true
        }
        Outcome::Reset(1) if !matches!(expect, Status(_)) => true,
        // PROTOCOL_ERROR and COMPRESSION_ERROR.
        Outcome::Gone(1 | 9) if !matches!(expect, Status(_)) => false,
        other => return Some(format!("{other:?}")),
    };
    let next = goes_on.then(|| wire.get(3, "/open/next"))?;
    (next.status() != Some(200)).then(|| format!("then {next:?}"))
}

fn try_all(cases: &[(String, Fields, Expect)]) {
    let pair = Pair::new();
    let door = door(&pair);
    let mut all = Vec::new();
    for (name, fields, expect) in cases {
        let mut wire = Wire::open(&pair, &door);
        let outcome = wire.head(1, fields, END_STREAM).outcome(1);
        if let Some(what) = wrong(&mut wire, *expect, &outcome) {
            all.push(format!("{name}: {what}"));
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
    only_the_good_ones_arrived(&door);
}

fn only_the_good_ones_arrived(door: &Door) {
    for seen in door.upstream.seen() {
        assert_eq!(seen.line(), "GET /open/next HTTP/1.1");
    }
    assert!(!door.upstream.raw().contains("root"));
}

#[test]
fn hostile_fields_become_no_request() {
    let cases: Vec<_> = FIELDS
        .iter()
        .map(|(name, value, expect)| {
            let (n, v) = (
                String::from_utf8_lossy(name),
                String::from_utf8_lossy(value),
            );
            (format!("{n:?}: {v:?}"), with(name, value), *expect)
        })
        .collect();
    try_all(&cases);
}

#[test]
fn hostile_pseudo_headers_become_no_request() {
    try_all(&pseudo_headers());
}

#[test]
fn doubled_and_oversized_headers_become_no_request() {
    try_all(&doubles_and_sizes());
}

#[test]
fn a_path_that_could_mean_two_things_reaches_no_upstream() {
    let pair = Pair::new();
    let door = door(&pair);
    for path in REFUSED.iter().chain(NOT_FOUND) {
        let mut wire = Wire::open(&pair, &door);
        let outcome = wire.get(1, path);
        let broken = matches!(outcome, Outcome::Reset(1));
        assert!(
            broken || matches!(outcome.status(), Some(400 | 404)),
            "{path}: {outcome:?}"
        );
    }
    assert_eq!(door.upstream.raw(), "");
    let mut wire = Wire::open(&pair, &door);
    // Without a key the private route stays shut however it is spelled.
    assert_eq!(wire.get(1, "/%70rivate").status(), Some(401));
    // The library drops a fragment: routed, authorised and forwarded is what is before it.
    assert_eq!(wire.get(3, "/open#/../private").status(), Some(200));
    assert_eq!(door.upstream.last().line(), "GET /open HTTP/1.1");
}

#[test]
fn what_only_the_gateway_may_say_is_replaced() {
    let pair = Pair::new();
    let door = door(&pair);
    let mut fields = get();
    for name in [
        "x-consumer-id",
        "x-tenant-id",
        "x-user-id",
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-forwarded-host",
        "forwarded",
        "x-real-ip",
        "x-original-url",
        "x-http-method-override",
        "x-deadline-ms",
        "x-mvp-internal",
        "proxy-authorization",
        "http2-settings",
        "trailer",
    ] {
        fields.push((name.into(), b"evil".to_vec()));
    }
    fields.push((b"te".to_vec(), b"trailers".to_vec()));
    let mut wire = Wire::open(&pair, &door);
    assert_eq!(
        wire.head(1, &fields, END_STREAM).outcome(1).status(),
        Some(200)
    );
    let seen = door.upstream.last();
    assert!(!seen.head.contains("evil"), "{}", seen.head);
    assert_eq!(seen.header("te"), None);
    assert_eq!(seen.header("x-forwarded-for").as_deref(), Some("127.0.0.1"));
    assert_eq!(seen.header("x-forwarded-proto").as_deref(), Some("https"));
    assert_eq!(
        seen.header("x-forwarded-host").as_deref(),
        Some("localhost")
    );
}
