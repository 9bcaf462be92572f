//! What an upstream does wrong stays between it and the gateway.

use crate::door::{Door, eventually};
use crate::upstream::{Seen, Upstream, ok};
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

/// The upstream answers `/open/<n>` with the n-th entry and `/open/ok` well.
fn answering(answers: &'static [(&'static str, &'static [u8])]) -> Door {
    Door::before(Upstream::start(
        move |seen: &Seen, socket: &mut TcpStream| {
            let path = seen.line().split(' ').nth(1).unwrap_or_default();
            match path.trim_start_matches("/open/").parse::<usize>() {
                Ok(index) => {
                    let _ = socket.write_all(answers[index].1);
                    // What comes after a complete answer must not be taken for the next one.
                    seen.head.contains("stay")
                }
                Err(_) => ok(seen, socket),
            }
        },
    ))
}

const BROKEN_HEADS: &[(&str, &[u8])] = &[
    ("nothing", b""),
    ("no HTTP", b"hello\r\n\r\n"),
    ("HTTP/0.9", b"<html></html>"),
    ("half a head", b"HTTP/1.1 200 OK\r\nContent-Le"),
    ("status of two digits", b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"),
    ("status of letters", b"HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n"),
    ("version 3", b"HTTP/3.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ("switching protocols unasked", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
    ("two different lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!"),
    ("one length twice", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"),
    ("length list", b"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok"),
    ("length negative", b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok"),
    ("length and coding", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
    ("coding list", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    ("two codings", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("coding identity", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nok"),
    ("control character in a header", b"HTTP/1.1 200 OK\r\nX-A: a\x01b\r\nContent-Length: 0\r\n\r\n"),
    ("NUL in a header", b"HTTP/1.1 200 OK\r\nX-A: a\x00b\r\nContent-Length: 0\r\n\r\n"),
    ("bare CR in a header", b"HTTP/1.1 200 OK\r\nX-A: a\rSet-Cookie: evil=1\r\nContent-Length: 0\r\n\r\n"),
    ("header without colon", b"HTTP/1.1 200 OK\r\nbroken\r\nContent-Length: 0\r\n\r\n"),
    ("continued header", b"HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 0\r\n\r\n"),
    ("blank before colon", b"HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n"),
    ("length in hexadecimal", b"HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nok"),
    ("length with a plus", b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok"),
    ("length empty", b"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nok"),
    ("length beyond 64 bits", b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551618\r\n\r\nok"),
    ("coding and length", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
    ("coding gzip", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok"),
    ("coding chunked twice", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
    ("status of four digits", b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"),
    ("status 099", b"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n"),
    ("status negative", b"HTTP/1.1 -20 OK\r\nContent-Length: 0\r\n\r\n"),
    ("version 2", b"HTTP/2 200\r\ncontent-length: 0\r\n\r\n"),
    ("another protocol", b"220 mail.example ESMTP\r\n\r\n"),
    ("an alert of TLS", b"\x15\x03\x01\x00\x02\x02\x46"),
    ("a request", b"GET /open HTTP/1.1\r\nHost: t\r\n\r\n"),
    ("escape in a header", b"HTTP/1.1 200 OK\r\nX-A: \x1b[2Jevil\r\nContent-Length: 0\r\n\r\n"),
    ("NUL in a name", b"HTTP/1.1 200 OK\r\nX\x00A: b\r\nContent-Length: 0\r\n\r\n"),
    ("header without name", b"HTTP/1.1 200 OK\r\n: b\r\nContent-Length: 0\r\n\r\n"),
    ("control character in the reason", b"HTTP/1.1 200 O\x01K\r\nContent-Length: 0\r\n\r\n"),
];

#[test]
fn a_broken_head_is_a_502_and_never_passed_on() {
    let door = answering(BROKEN_HEADS);
    for (index, (name, _)) in BROKEN_HEADS.iter().enumerate() {
        let answer = door.get(&format!("/open/{index}"));
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (502, "bad_gateway"),
            "{name}"
        );
        assert!(!answer.head.contains("evil"), "{name}");
        assert_eq!(door.get("/open/ok").status, 200, "after {name}");
    }
}

#[test]
fn too_large_a_head_is_a_502() {
    let door = Door::before(Upstream::start(|_, socket| {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n");
        let _ = socket.write_all(
            format!("X-A: {}\r\n", "a".repeat(1000))
                .repeat(300)
                .as_bytes(),
        );
        socket.write_all(b"Content-Length: 0\r\n\r\n").is_ok()
    }));
    assert_eq!(door.get("/open").status, 502);
}

const CUT_BODIES: &[(&str, &[u8])] = &[
    (
        "length not reached",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
    ),
    (
        "chunks without end",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ),
    (
        "bad chunk size",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n",
    ),
    (
        "chunk without its end",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello5\r\nhello\r\n0\r\n\r\n",
    ),
    (
        "chunk size negative",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n-5\r\n",
    ),
    (
        "chunk size beyond 64 bits",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n10000000000000005\r\nhello\r\n0\r\n\r\n",
    ),
    (
        "chunk longer than said",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello!!\r\n0\r\n\r\n",
    ),
];

#[test]
fn a_body_cut_short_ends_the_connection_instead_of_pretending_completeness() {
    let door = answering(CUT_BODIES);
    for (index, (name, _)) in CUT_BODIES.iter().enumerate() {
        let mut client = door.client();
        let answer = client.get(&format!("/open/{index}"));
        // Where it all arrived at once, it is seen before the head is sent.
        assert!(
            answer.status == 502 || (answer.status == 200 && !answer.complete),
            "{name}: {answer:?}"
        );
        if answer.status == 200 {
            assert!(client.is_closed(), "{name}");
        }
    }
    eventually("the log tells", || {
        door.log.text().contains("\"cut_short\":true")
    });
}

const UNASKED: &[(&str, &[u8])] = &[
    ("bytes after the length", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"),
    ("bytes after the chunks", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"),
    ("body with 204", b"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"),
    ("body with 304", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nevil"),
    ("informational answers first", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
];

#[test]
fn what_comes_unasked_is_never_the_answer_to_the_next_request() {
    let door = answering(UNASKED);
    for (index, (name, _)) in UNASKED.iter().enumerate() {
        for _ in 0..3 {
            let mut client = door.client();
            let answer = client
                .send(format!(
                    "GET /open/{index} HTTP/1.1\r\nHost: t\r\nX-A: stay\r\n\r\n"
                ))
                .answer();
            assert!(matches!(answer.status, 200 | 204 | 304), "{name}");
            let next = client.get("/open/ok");
            assert_eq!((next.status, next.text().as_str()), (200, "ok"), "{name}");
        }
    }
}

#[test]
fn an_answer_to_head_has_its_length_and_no_body() {
    let door = Door::before(Upstream::start(|_, socket| {
        socket
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n")
            .is_ok()
    }));
    let mut client = door.client();
    for _ in 0..3 {
        client.send("HEAD /open HTTP/1.1\r\nHost: t\r\n\r\n");
        let answer = client.try_answer(true).unwrap();
        assert_eq!(
            (answer.status, answer.header("content-length")),
            (200, Some("1234"))
        );
    }
    assert_eq!(door.upstream.connections(), 1);
}

#[test]
fn no_upstream_is_a_503_and_a_silent_one_a_504() {
    let door = Door::before(Upstream::start(|_, _| {
        std::thread::sleep(Duration::from_secs(3));
        false
    }));
    let gone = door.get("/gone");
    assert_eq!(
        (
            gone.status,
            gone.code().as_str(),
            gone.header("retry-after")
        ),
        (503, "unavailable", Some("1"))
    );
    let silent = door.get("/open");
    assert_eq!(
        (silent.status, silent.code().as_str()),
        (504, "gateway_timeout")
    );
    let health = door.get("/health");
    assert_eq!(
        (health.status, health.json()["status"].as_str()),
        (200, Some("degraded"))
    );
    assert_eq!(health.json()["checks"]["gone"]["status"], "unavailable");
    assert!(!health.text().contains("127.0.0.1"), "no host names");
}

#[test]
fn an_answer_that_stalls_is_cut_off() {
    let door = Door::before(Upstream::start(|_, socket| {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
        std::thread::sleep(Duration::from_secs(3));
        false
    }));
    let answer = door.get("/open");
    assert_eq!(
        (answer.status, answer.complete, answer.text().as_str()),
        (200, false, "hello")
    );
}

#[test]
fn a_full_upstream_makes_others_wait_and_then_is_busy() {
    let door = Door::before(Upstream::start(|seen, socket| {
        if seen.line().contains("slow") {
            std::thread::sleep(Duration::from_millis(700));
        }
        ok(seen, socket)
    }));
    let mut slow = door.client();
    slow.send("GET /one/slow HTTP/1.1\r\nHost: t\r\n\r\n");
    eventually("the slow one is there", || !door.upstream.seen().is_empty());
    let busy = door.get("/one");
    assert_eq!((busy.status, busy.code().as_str()), (503, "unavailable"));
    assert_eq!(slow.answer().status, 200);
    assert_eq!(door.get("/one").status, 200);
}
