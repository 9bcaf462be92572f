//! Frames that break the protocol: each costs its sender the stream or the connection, and nobody else anything.

use crate::door::eventually;
use crate::http2_heads::door;
use crate::http2_wire::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GO_AWAY, HEADERS, Outcome, PADDED, PING,
    PRIORITY, PUSH_PROMISE, RESET, SETTINGS, WINDOW_UPDATE, Wire, block, frame, request,
};
use crate::tls_client::Pair;

fn good() -> Vec<u8> {
    block(&request("GET", "/open"))
}

/// Name, kind, flags, stream, payload. Each must end the connection.
type Case = (&'static str, u8, u8, u32, Vec<u8>);

/// The same for bytes that are fixed.
const FIXED: &[(&str, u8, u8, u32, &[u8])] = &[
    ("DATA on no stream", DATA, 0, 0, b"x"),
    ("DATA on a stream not begun", DATA, 0, 5, b"x"),
    ("PRIORITY on no stream", PRIORITY, 0, 0, &[0; 5]),
    ("RST_STREAM on no stream", RESET, 0, 0, &[0; 4]),
    ("RST_STREAM of a stream not begun", RESET, 0, 5, &[0; 4]),
    ("RST_STREAM of three bytes", RESET, 0, 1, &[0; 3]),
    ("SETTINGS on a stream", SETTINGS, 0, 1, &[]),
    ("SETTINGS of five bytes", SETTINGS, 0, 0, &[0; 5]),
    (
        "SETTINGS agreed to with a value",
        SETTINGS,
        ACK,
        0,
        &[0, 4, 0, 0, 0, 1],
    ),
    (
        "a window beyond 31 bits",
        SETTINGS,
        0,
        0,
        &[0, 4, 0x80, 0, 0, 0],
    ),
    ("frames of 0 bytes", SETTINGS, 0, 0, &[0, 5, 0, 0, 0, 0]),
    ("frames beyond 24 bits", SETTINGS, 0, 0, &[0, 5, 1, 0, 0, 0]),
    ("a push setting of 2", SETTINGS, 0, 0, &[0, 2, 0, 0, 0, 2]),
    ("PING of seven bytes", PING, 0, 0, &[0; 7]),
    ("PING on a stream", PING, 0, 1, &[0; 8]),
    ("GOAWAY on a stream", GO_AWAY, 0, 1, &[0; 8]),
    ("GOAWAY cut", GO_AWAY, 0, 0, &[0; 4]),
    ("WINDOW_UPDATE of nothing", WINDOW_UPDATE, 0, 0, &[0; 4]),
    ("WINDOW_UPDATE of three bytes", WINDOW_UPDATE, 0, 0, &[1; 3]),
    (
        "WINDOW_UPDATE beyond 31 bits",
        WINDOW_UPDATE,
        0,
        0,
        &[0x7f, 0xff, 0xff, 0xff],
    ),
    (
        "WINDOW_UPDATE of a stream not begun",
        WINDOW_UPDATE,
        0,
        5,
        &[0, 0, 0, 1],
    ),
    ("a frame of 17 kB", DATA, 0, 1, &[0; 17_000]),
    ("HPACK index 0", HEADERS, WHOLE, 1, &[0x80]),
    ("HPACK index of nothing", HEADERS, WHOLE, 1, &[0xff, 0x20]),
    ("HPACK number without end", HEADERS, WHOLE, 1, &[0xff; 8]),
    (
        "HPACK text longer than the block",
        HEADERS,
        WHOLE,
        1,
        &[0x00, 0x7f, b'x'],
    ),
    (
        "HPACK table beyond what was agreed",
        HEADERS,
        WHOLE,
        1,
        &[0x3f, 0xff, 0xff, 0x7f],
    ),
    (
        "HPACK Huffman code with an end in it",
        HEADERS,
        WHOLE,
        1,
        &[0x00, 0x84, 0xff, 0xff, 0xff, 0xff, 0x01, b'x'],
    ),
    (
        "HEADERS padded beyond their end",
        HEADERS,
        WHOLE | PADDED,
        1,
        &[255, b'x'],
    ),
];
const WHOLE: u8 = END_HEADERS | END_STREAM;

fn cases() -> Vec<Case> {
    let promise = [&[0, 0, 0, 2][..], &good()].concat();
    let mut all = vec![
        ("HEADERS on no stream", HEADERS, WHOLE, 0, good()),
        ("HEADERS on the gateway's stream", HEADERS, WHOLE, 2, good()),
        (
            "PUSH_PROMISE by a client",
            PUSH_PROMISE,
            END_HEADERS,
            1,
            promise,
        ),
        (
            "CONTINUATION of nothing",
            CONTINUATION,
            END_HEADERS,
            1,
            good(),
        ),
    ];
    let fixed = FIXED.iter();
    all.extend(fixed.map(|(n, kind, flags, at, bytes)| (*n, *kind, *flags, *at, bytes.to_vec())));
    all
}

#[test]
fn a_frame_that_breaks_the_protocol_ends_its_connection() {
    let pair = Pair::new();
    let door = door(&pair);
    let mut wrong = Vec::new();
    for (name, kind, flags, stream, payload) in cases() {
        let mut wire = Wire::open(&pair, &door);
        let outcome = wire.frame(kind, flags, stream, &payload).outcome(1);
        if !matches!(outcome, Outcome::Gone(_) | Outcome::Closed) {
            wrong.push(format!("{name}: {outcome:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(door.upstream.raw(), "");
    assert_eq!(door.get("/open").status, 200);
}

#[test]
fn a_head_is_not_interrupted() {
    let pair = Pair::new();
    let door = door(&pair);
    let middle = good().len() / 2;
    for (name, between) in [
        ("DATA", frame(DATA, 0, 1, b"x")),
        ("PING", frame(PING, 0, 0, &[0; 8])),
        (
            "another's CONTINUATION",
            frame(CONTINUATION, END_HEADERS, 3, &good()[middle..]),
        ),
        ("a frame nobody knows", frame(0x77, 0, 0, b"x")),
    ] {
        let mut wire = Wire::open(&pair, &door);
        wire.frame(HEADERS, END_STREAM, 1, &good()[..middle]);
        wire.write(&between);
        wire.frame(CONTINUATION, END_HEADERS, 1, &good()[middle..]);
        let outcome = wire.outcome(1);
        assert!(matches!(outcome, Outcome::Gone(1)), "{name}: {outcome:?}");
    }
    assert_eq!(door.upstream.raw(), "");
}

#[test]
fn streams_are_begun_once_and_in_their_order() {
    let pair = Pair::new();
    let door = door(&pair);
    for again in [5, 3] {
        let mut wire = Wire::open(&pair, &door);
        assert_eq!(wire.get(5, "/open/next").status(), Some(200));
        let outcome = wire.get(again, "/open/again");
        assert!(
            matches!(outcome, Outcome::Gone(_) | Outcome::Reset(_)),
            "{again}: {outcome:?}"
        );
    }
    assert!(!door.upstream.raw().contains("again"));
}

#[test]
fn what_is_wrong_with_a_window_of_a_stream_ends_the_stream() {
    let pair = Pair::new();
    let door = door(&pair);
    for (name, by) in [("nothing", 0), ("beyond 31 bits", 0x7fff_ffff_u32)] {
        let mut wire = Wire::open(&pair, &door);
        let outcome = wire
            .head(1, &request("POST", "/open"), 0)
            .frame(WINDOW_UPDATE, 0, 1, &by.to_be_bytes())
            .outcome(1);
        assert!(
            matches!(outcome, Outcome::Reset(_) | Outcome::Gone(_)),
            "{name}: {outcome:?}"
        );
    }
    assert_eq!(door.upstream.seen().len(), 0);
}

#[test]
fn frames_that_nobody_knows_are_passed_over() {
    let pair = Pair::new();
    let door = door(&pair);
    let mut wire = Wire::open_with(&pair, &door, &[(0x7777, 1)]);
    wire.frame(0x77, 0xff, 1, b"x").frame(0x78, 0, 0, &[0; 100]);
    assert_eq!(wire.get(1, "/open").status(), Some(200));
}

#[test]
fn who_agreed_on_http2_and_speaks_something_else_is_closed() {
    let pair = Pair::new();
    let door = door(&pair);
    for bytes in [
        &b"GET /open HTTP/1.1\r\nHost: t\r\n\r\n"[..],
        b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
        &[0; 100],
        b"PRI * HT",
    ] {
        let mut wire = Wire::silent(&pair, door.tls_address.unwrap());
        wire.write(bytes);
        let outcome = wire.outcome(1);
        assert!(
            matches!(outcome, Outcome::Gone(_) | Outcome::Closed),
            "{outcome:?}"
        );
    }
    assert_eq!(door.upstream.raw(), "");
    eventually("all are closed", || {
        door.metrics().contains("mvp_gateway_open_connections 0")
    });
}
