//! Slow clients by HTTP/2: a window that opens a little or not at all, a head or a body that trickles.

use crate::door::{Door, eventually};
use crate::http2_wire::{
    CONTINUATION, DATA, END_STREAM, HEADERS, INITIAL_WINDOW, Outcome, WINDOW_UPDATE, Wire, block,
    request,
};
use crate::tls_client::Pair;
use crate::upstream::Upstream;
use std::io::Write;
use std::time::{Duration, Instant};

/// A door that would keep an idle connection for a minute, before an upstream with so large an answer.
fn door(pair: &Pair, answer_bytes: usize) -> Door {
    let upstream = Upstream::start(move |_, socket| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {answer_bytes}\r\n\r\n");
        socket.write_all(head.as_bytes()).is_ok()
            && socket.write_all(&vec![b'x'; answer_bytes]).is_ok()
    });
    Door::with(upstream, |json| {
        json["tls"] = pair.settings();
        json["timeouts"]["keep_alive_ms"] = 60_000.into();
    })
}

fn is_closed_soon(door: &Door, begun: Instant) {
    eventually("the connection is closed", || {
        door.metrics().contains("mvp_gateway_open_connections 0")
    });
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn an_answer_that_nobody_takes_is_given_up_whatever_its_size_and_the_window() {
    let pair = Pair::new();
    for size in [2, 20_000, 1_000_000] {
        let door = door(&pair, size);
        for window in [0, 1, 1000] {
            if window > u32::try_from(size).unwrap() {
                continue;
            }
            let mut wire = Wire::open_with(&pair, &door, &[(INITIAL_WINDOW, window)]);
            for stream in [1, 3, 5] {
                wire.head(stream, &request("GET", "/open"), END_STREAM);
            }
            let begun = Instant::now();
            assert!(
                !matches!(wire.outcome(5), Outcome::Answer(..)),
                "{size}, {window}"
            );
            is_closed_soon(&door, begun);
        }
    }
}

#[test]
fn an_answer_taken_byte_by_byte_is_given_up() {
    let pair = Pair::new();
    let door = door(&pair, 100_000);
    let mut wire = Wire::open_with(&pair, &door, &[(INITIAL_WINDOW, 1)]);
    wire.head(1, &request("GET", "/open"), END_STREAM);
    let begun = Instant::now();
    while !wire.is_broken() && begun.elapsed() < Duration::from_secs(8) {
        wire.frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1]);
        wire.drain();
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(wire.is_broken());
    is_closed_soon(&door, begun);
}

#[test]
fn a_reader_that_is_slow_and_fast_enough_gets_all() {
    let pair = Pair::new();
    let door = door(&pair, 60_000);
    let mut wire = Wire::open_with(&pair, &door, &[(INITIAL_WINDOW, 1000)]);
    wire.head(1, &request("GET", "/open"), END_STREAM);
    for _ in 0..15 {
        std::thread::sleep(Duration::from_millis(20));
        wire.frame(WINDOW_UPDATE, 0, 1, &4000_u32.to_be_bytes());
        wire.drain();
    }
    let outcome = wire.outcome(1);
    let Outcome::Answer(200, body) = &outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(body.len(), 60_000);
}

#[test]
fn a_head_that_does_not_end_is_closed() {
    let pair = Pair::new();
    let door = door(&pair, 2);
    let block = block(&request("GET", "/open"));
    let mut wire = Wire::open(&pair, &door);
    wire.frame(HEADERS, END_STREAM, 1, &block[..5]);
    let begun = Instant::now();
    for byte in &block[5..] {
        wire.frame(CONTINUATION, 0, 1, &[*byte]);
        std::thread::sleep(Duration::from_millis(40));
    }
    is_closed_soon(&door, begun);
    assert_eq!(door.upstream.raw(), "");
}

#[test]
fn a_trickled_body_is_408() {
    let pair = Pair::new();
    let door = door(&pair, 2);
    let mut wire = Wire::open(&pair, &door);
    wire.head(1, &request("POST", "/open"), 0);
    let begun = Instant::now();
    // Far less than the least rate, and never a pause.
    for _ in 0..100 {
        wire.frame(DATA, 0, 1, b"x");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(wire.outcome(1).status(), Some(408));
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(door.upstream.seen().len(), 0);
}
