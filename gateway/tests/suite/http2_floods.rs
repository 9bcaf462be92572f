//! Floods by HTTP/2: cheap to send, and not to become dear here.

use crate::door::{Door, eventually};
use crate::http2_heads::door;
use crate::http2_wire::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, INITIAL_WINDOW, Outcome, PING, PRIORITY,
    RESET, SETTINGS, WINDOW_UPDATE, Wire, block, frame, literal, request,
};
use crate::tls_client::Pair;
use crate::upstream::{Upstream, ok};
use std::time::{Duration, Instant};

/// Sends the same frames again and again until the gateway gives the connection up, or so often.
fn flood(wire: &mut Wire, times: u32, mut frames: impl FnMut(u32) -> Vec<u8>) {
    const AT_ONCE: u32 = 100;
    for round in 0..times / AT_ONCE {
        let begin = round * AT_ONCE;
        let bytes: Vec<u8> = (begin..begin + AT_ONCE).flat_map(&mut frames).collect();
        wire.write(&bytes);
        if wire.is_broken() {
            return;
        }
        wire.drain();
    }
}

fn others_are_served(pair: &Pair, door: &Door) {
    let begun = Instant::now();
    assert_eq!(
        Wire::open(pair, door).get(1, "/open/next").status(),
        Some(200)
    );
    assert_eq!(door.get("/open/next").status, 200);
    assert!(begun.elapsed() < Duration::from_secs(2));
}

fn ends(wire: &mut Wire) -> bool {
    wire.is_broken() || matches!(wire.outcome(1), Outcome::Gone(_) | Outcome::Closed)
}

#[test]
fn a_head_without_end_is_given_up() {
    let pair = Pair::new();
    let door = door(&pair);
    for payload in [&b""[..], b"\x00\x01a\x01b"] {
        let mut wire = Wire::open(&pair, &door);
        wire.frame(HEADERS, END_STREAM, 1, &block(&request("GET", "/open")));
        flood(&mut wire, 20_000, |_| frame(CONTINUATION, 0, 1, payload));
        assert!(ends(&mut wire));
        others_are_served(&pair, &door);
    }
}

#[test]
fn a_small_block_that_unpacks_to_megabytes_is_refused() {
    let pair = Pair::new();
    let door = door(&pair);
    let mut wire = Wire::open(&pair, &door);
    let mut bomb = block(&request("GET", "/open"));
    // A field of 4 kB is learnt, and asked for again with one byte each time.
    bomb.push(0x40);
    let mut field = Vec::new();
    literal(&mut field, b"x-a", &[b'a'; 4000]);
    bomb.extend_from_slice(&field[1..]);
    bomb.extend(vec![0xbe; 10_000]);
    wire.frame(HEADERS, END_HEADERS | END_STREAM, 1, &bomb);
    let outcome = wire.outcome(1);
    assert!(
        matches!(outcome, Outcome::Gone(_) | Outcome::Reset(_)) || outcome.status() == Some(431),
        "{outcome:?}"
    );
    assert_eq!(door.upstream.raw(), "");
    others_are_served(&pair, &door);
}

#[test]
fn requests_taken_back_again_and_again_end_the_connection() {
    let pair = Pair::new();
    // So slow that none is answered before it is taken back.
    let upstream = Upstream::start(|seen, socket| {
        if !seen.line().contains("next") {
            std::thread::sleep(Duration::from_millis(300));
        }
        ok(seen, socket)
    });
    let door = Door::with(upstream, |json| {
        json["tls"] = pair.settings();
        json["timeouts"]["keep_alive_ms"] = 60_000.into();
    });
    let block = block(&request("GET", "/open"));
    let head = |n: u32| frame(HEADERS, END_HEADERS | END_STREAM, 2 * n + 1, &block);
    let reset = |n: u32| frame(RESET, 0, 2 * n + 1, &8_u32.to_be_bytes());
    // Before they are looked at.
    let mut wire = Wire::open(&pair, &door);
    flood(&mut wire, 20_000, |n| [head(n), reset(n)].concat());
    assert!(ends(&mut wire));
    // When they are already on their way.
    let begun = Instant::now();
    let mut wire = Wire::open(&pair, &door);
    for round in 0..80 {
        let streams = 10 * round..10 * (round + 1);
        for make in [&head as &dyn Fn(u32) -> Vec<u8>, &reset] {
            let bytes: Vec<u8> = streams.clone().flat_map(make).collect();
            wire.write(&bytes);
            wire.drain();
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    assert!(ends(&mut wire));
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(15), "{took:?}");
    eventually("it is closed", || {
        door.metrics().contains("mvp_gateway_open_connections 0")
    });
    others_are_served(&pair, &door);
}

#[test]
fn some_requests_taken_back_cost_nothing() {
    let pair = Pair::new();
    let door = door(&pair);
    let mut wire = Wire::open(&pair, &door);
    let block = block(&request("GET", "/open"));
    for n in 0..150 {
        let stream = 4 * n + 1;
        wire.frame(HEADERS, END_HEADERS | END_STREAM, stream, &block);
        wire.frame(RESET, 0, stream, &8_u32.to_be_bytes());
        assert_eq!(wire.get(stream + 2, "/open").status(), Some(200));
    }
}

#[test]
fn more_streams_than_agreed_are_refused_and_not_queued() {
    let pair = Pair::new();
    let door = Door::with(Upstream::start(ok), |json| {
        json["tls"] = pair.settings();
        json["tls"]["max_streams"] = 10.into();
    });
    let mut wire = Wire::open(&pair, &door);
    for n in 0..11 {
        // Bodies that do not end keep the streams open.
        wire.head(2 * n + 1, &request("POST", "/open"), 0);
    }
    // REFUSED_STREAM (RFC 9113 §5.1.2).
    assert_eq!(wire.outcome(21), Outcome::Reset(7));
}

type Make = fn(u32) -> Vec<u8>;

const CONTROL: &[(&str, Make)] = &[
    ("PING", |_| frame(PING, 0, 0, &[7; 8])),
    ("empty SETTINGS", |_| frame(SETTINGS, 0, 0, &[])),
    ("SETTINGS of windows", |n| {
        let mut payload = INITIAL_WINDOW.to_be_bytes().to_vec();
        payload.extend((n % 60_000).to_be_bytes());
        frame(SETTINGS, 0, 0, &payload)
    }),
    ("PRIORITY", |n| {
        frame(PRIORITY, 0, 2 * n + 3, &[0, 0, 0, 1, 5])
    }),
    ("WINDOW_UPDATE", |_| {
        frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1])
    }),
    ("frames nobody knows", |_| frame(0x77, 0, 0, &[])),
    ("empty DATA", |_| frame(DATA, 0, 1, &[])),
    ("padding alone", |_| frame(DATA, 8, 1, &[3, 0, 0, 0])),
];

#[test]
fn floods_of_control_frames_leave_others_served() {
    let pair = Pair::new();
    let door = door(&pair);
    for (name, make) in CONTROL {
        let mut wire = Wire::open(&pair, &door);
        wire.head(1, &request("POST", "/open"), 0);
        std::thread::scope(|scope| {
            let flooding = scope.spawn(|| flood(&mut wire, 50_000, make));
            while !flooding.is_finished() {
                others_are_served(&pair, &door);
            }
        });
        drop(wire);
        eventually(name, || {
            door.metrics().contains("mvp_gateway_open_connections 0")
        });
    }
    let seen = door.upstream.seen();
    assert!(seen.iter().all(|seen| seen.line().contains("next")));
}
