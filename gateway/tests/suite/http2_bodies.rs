//! Bodies by HTTP/2 that are not what their head announced.

use crate::http2_heads::door;
use crate::http2_wire::{
    DATA, END_HEADERS, END_STREAM, Fields, HEADERS, Outcome, PADDED, RESET, Wire, block, request,
};
use crate::tls_client::Pair;
use crate::upstream::Seen;

/// A POST that announces so many bytes.
fn post(length: Option<&str>) -> Fields {
    let mut fields = request("POST", "/open/body");
    if let Some(length) = length {
        fields.push((b"content-length".to_vec(), length.into()));
    }
    fields
}

type Send = fn(&mut Wire);

const BODIES: &[(&str, Send)] = &[
    ("fewer bytes than announced", |wire| {
        wire.head(1, &post(Some("5")), 0)
            .frame(DATA, END_STREAM, 1, b"abc");
    }),
    ("more bytes than announced", |wire| {
        wire.head(1, &post(Some("5")), 0)
            .frame(DATA, END_STREAM, 1, b"abcdefg");
    }),
    ("a body where none was announced", |wire| {
        wire.head(1, &post(Some("0")), 0).frame(
            DATA,
            END_STREAM,
            1,
            b"GET /private HTTP/1.1\r\n\r\n",
        );
    }),
    ("no bytes of those announced", |wire| {
        wire.head(1, &post(Some("5")), END_STREAM);
    }),
    ("fewer bytes and trailers", |wire| {
        let trailers = vec![(b"x-t".to_vec(), b"1".to_vec())];
        wire.head(1, &post(Some("5")), 0)
            .frame(DATA, 0, 1, b"abc")
            .head(1, &trailers, END_STREAM);
    }),
    ("data after the end", |wire| {
        wire.head(1, &post(None), END_STREAM)
            .frame(DATA, END_STREAM, 1, b"late");
    }),
    ("padding longer than the frame", |wire| {
        wire.head(1, &post(None), 0)
            .frame(DATA, PADDED | END_STREAM, 1, &[200, 1, 2, 3]);
    }),
    ("trailers with a header of a connection", |wire| {
        let trailers = vec![(b"transfer-encoding".to_vec(), b"chunked".to_vec())];
        wire.head(1, &post(None), 0)
            .frame(DATA, 0, 1, b"abc")
            .head(1, &trailers, END_STREAM);
    }),
    ("trailers in capital letters", |wire| {
        let trailers = vec![(b"X-T".to_vec(), b"1".to_vec())];
        wire.head(1, &post(None), 0)
            .frame(DATA, 0, 1, b"abc")
            .head(1, &trailers, END_STREAM);
    }),
    ("trailers that do not end the stream", |wire| {
        let trailers = vec![(b"x-t".to_vec(), b"1".to_vec())];
        wire.head(1, &post(None), 0)
            .frame(DATA, 0, 1, b"abc")
            .head(1, &trailers, 0);
    }),
    ("reset in the middle", |wire| {
        wire.head(1, &post(Some("5")), 0)
            .frame(DATA, 0, 1, b"abc")
            .frame(RESET, 0, 1, &8_u32.to_be_bytes());
    }),
    ("a head within a head", |wire| {
        wire.frame(HEADERS, 0, 1, &block(&request("GET", "/open")))
            .frame(
                HEADERS,
                END_HEADERS | END_STREAM,
                3,
                &block(&request("GET", "/open")),
            );
    }),
];

#[test]
fn a_body_that_is_not_what_was_announced_is_never_a_whole_request() {
    let pair = Pair::new();
    let door = door(&pair);
    for (name, send) in BODIES {
        let mut wire = Wire::open(&pair, &door);
        send(&mut wire);
        if !name.starts_with("reset") {
            let outcome = wire.outcome(1);
            // What comes after the end may come after the answer too.
            let ended = name.contains("after the end") || name.contains("none was announced");
            let early = ended && outcome.status() == Some(200);
            let refused = !matches!(outcome, Outcome::Answer(200..=299, _));
            assert!(early || refused, "{name}: {outcome:?}");
        }
        let mut other = Wire::open(&pair, &door);
        assert_eq!(other.get(1, "/open/next").status(), Some(200), "{name}");
    }
    let whole = |seen: &&Seen| seen.line() != "GET /open/next HTTP/1.1";
    let seen = door.upstream.seen();
    let others: Vec<&Seen> = seen.iter().filter(whole).collect();
    // At most the two whose end came before what was wrong with them.
    assert!(others.len() <= 2, "{others:?}");
    assert!(others.iter().all(|seen| seen.body.is_empty()), "{others:?}");
    assert!(!door.upstream.raw().contains("/private"));
}

#[test]
fn a_body_over_the_limit_is_413_whether_it_is_announced_or_not() {
    let pair = Pair::new();
    let door = door(&pair);
    for length in [Some("2000"), None] {
        let mut wire = Wire::open(&pair, &door);
        let outcome = wire
            .head(1, &post(length), 0)
            .frame(DATA, END_STREAM, 1, &[b'x'; 2000])
            .outcome(1);
        assert_eq!(outcome.status(), Some(413), "{length:?}");
    }
    assert_eq!(door.upstream.seen().len(), 0);
}

#[test]
fn trailers_are_not_passed_on() {
    let pair = Pair::new();
    let door = door(&pair);
    let mut wire = Wire::open(&pair, &door);
    let trailers = vec![
        // The library overlooks this one; RFC 9113 §8.1 would have it malformed.
        (b":path".to_vec(), b"/private".to_vec()),
        (b"x-user-id".to_vec(), b"root".to_vec()),
        (b"host".to_vec(), b"evil".to_vec()),
        (b"content-length".to_vec(), b"99".to_vec()),
    ];
    let outcome = wire
        .head(1, &post(None), 0)
        .frame(DATA, 0, 1, b"abc")
        .head(1, &trailers, END_STREAM)
        .outcome(1);
    assert_eq!(outcome.status(), Some(200));
    let raw = door.upstream.raw();
    assert!(
        raw.contains("abc")
            && !["root", "evil", "/private"]
                .iter()
                .any(|it| raw.contains(it)),
        "{raw}"
    );
}
