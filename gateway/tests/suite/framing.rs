//! Hostile framing and syntax: what two readers could take for different requests.

use crate::door::Door;
use crate::framing_cases::{BODIES, LENGTHS_AND_CODINGS};
use crate::syntax_cases::{LINES, REQUEST_LINES};

#[test]
fn contradictory_lengths_and_codings_are_refused() {
    for door in Door::both() {
        for (name, bytes, status) in LENGTHS_AND_CODINGS {
            door.refuses(name, bytes, *status);
        }
    }
}

#[test]
fn malformed_lines_are_refused() {
    for door in Door::both() {
        for (name, bytes, status) in LINES {
            door.refuses(name, bytes, *status);
        }
    }
}

#[test]
fn malformed_request_lines_are_refused() {
    for door in Door::both() {
        for (name, bytes, status) in REQUEST_LINES {
            door.refuses(name, bytes, *status);
        }
    }
}

#[test]
fn every_refusal_is_the_same_when_the_bytes_come_one_by_one() {
    for door in Door::both() {
        for (name, bytes, status) in LENGTHS_AND_CODINGS.iter().chain(LINES).chain(REQUEST_LINES) {
            let mut client = door.client();
            let end = bytes
                .windows(4)
                .position(|w| w == b"\r\n\r\n")
                .map_or(bytes.len(), |at| at + 4);
            for byte in &bytes[..end] {
                client.send([*byte]);
            }
            assert_eq!(client.answer().status, *status, "{name}");
            assert!(client.is_closed(), "{name}");
        }
        assert_eq!(door.upstream.raw(), "");
    }
}

#[test]
fn a_hostile_request_behind_a_good_one_is_refused_after_the_good_one_is_answered() {
    for door in Door::both() {
        for (name, bytes, status) in LENGTHS_AND_CODINGS.iter().chain(LINES).chain(REQUEST_LINES) {
            if bytes.starts_with(b"\r\n") {
                continue;
            }
            let mut client = door.client();
            let mut both = b"GET /open/good HTTP/1.1\r\nHost: t\r\n\r\n".to_vec();
            both.extend_from_slice(bytes);
            client.send(&both);
            assert_eq!(client.answer().status, 200, "{name}");
            assert_eq!(client.answer().status, *status, "{name}");
            assert!(client.is_closed(), "{name}");
        }
        assert!(
            door.upstream
                .seen()
                .iter()
                .all(|seen| seen.line() == "GET /open/good HTTP/1.1")
        );
    }
}

#[test]
fn sizes_over_the_limits_are_refused() {
    let door = Door::open();
    let long = |n: usize| "a".repeat(n);
    let get = |path: &str, headers: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: t\r\n{headers}\r\n").into_bytes()
    };
    door.refuses(
        "target of 9 kB",
        &get(&format!("/open/{}", long(9000)), ""),
        414,
    );
    door.refuses(
        "target of 40 kB",
        &get(&format!("/open/{}", long(40_000)), ""),
        414,
    );
    door.refuses(
        "header of 33 kB",
        &get("/open", &format!("X-A: {}\r\n", long(33_000))),
        431,
    );
    door.refuses(
        "many headers of 33 kB",
        &get("/open", &format!("X-A: {}\r\n", long(700)).repeat(48)),
        431,
    );
    door.refuses("101 headers", &get("/open", &"X-A: b\r\n".repeat(100)), 431);
    let endless = format!("GET /{}", long(100_000)).into_bytes();
    door.refuses("request line without end", &endless, 414);
}

#[test]
fn malformed_chunks_are_the_clients_fault_and_end_the_connection() {
    for door in Door::both() {
        let mut all: Vec<(String, Vec<u8>)> = BODIES
            .iter()
            .map(|(name, body, _)| ((*name).to_owned(), body.to_vec()))
            .collect();
        let long_extension = format!("5;{}\r\nhello\r\n0\r\n\r\n", "e".repeat(20_000));
        all.push((
            "huge chunk extension".to_owned(),
            long_extension.into_bytes(),
        ));
        let long_trailer = format!("5\r\nhello\r\n0\r\nX-A: {}\r\n\r\n", "t".repeat(20_000));
        all.push(("huge trailer".to_owned(), long_trailer.into_bytes()));
        for (name, body) in all {
            let mut client = door.client();
            client
                .send("POST /open HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
                .send(&body);
            let answer = client.answer();
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (400, "bad_request"),
                "{name}"
            );
            assert!(client.is_closed(), "{name}");
        }
        // The upstream never got a complete request out of any of them.
        assert_eq!(door.upstream.seen().len(), 0);
        assert!(
            door.get("/open").status == 200,
            "and nobody blames the upstream"
        );
        assert!(
            door.metrics()
                .contains("mvp_gateway_refused_total{reason=\"body_framing\"} 37")
        );
    }
}

#[test]
fn well_formed_oddities_of_framing_are_understood() {
    for door in Door::both() {
        let mut client = door.client();
        // An empty line first; chunk extensions; trailers, which are dropped; then the next request.
        client.send("\r\nPOST /open/1 HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: Chunked\r\n\r\n5;a=\"b\"\r\nhello\r\n00\r\nX-T: 1\r\n\r\n");
        client.send("PUT /open/2 HTTP/1.1\r\nhost:t\r\nCONTENT-LENGTH:\t3 \r\n\r\nabcGET /open/3 HTTP/1.1\r\nHost: t\r\n\r\n");
        for _ in 0..3 {
            assert_eq!(client.answer().status, 200);
        }
        let seen = door.upstream.seen();
        let lines: Vec<&str> = seen.iter().map(crate::upstream::Seen::line).collect();
        assert_eq!(
            lines,
            [
                "POST /open/1 HTTP/1.1",
                "PUT /open/2 HTTP/1.1",
                "GET /open/3 HTTP/1.1"
            ]
        );
        assert_eq!(seen[0].body, b"5\r\nhello\r\n0\r\n\r\n");
        assert_eq!(seen[1].body, b"abc");
    }
}

#[test]
fn a_get_or_head_with_a_body_is_refused_and_an_empty_one_is_not() {
    for door in Door::both() {
        for method in ["GET", "HEAD"] {
            for framing in [
                "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
                "Content-Length: 5\r\n\r\nhello",
            ] {
                let request = format!("{method} /open HTTP/1.1\r\nHost: t\r\n{framing}");
                let mut client = door.client();
                client.send(&request);
                let answer = client.try_answer(true).map(|answer| answer.status);
                assert_eq!(answer, Some(400), "{request}");
                assert_eq!(door.upstream.raw(), "", "{request}");
            }
        }
        let empty = "GET /open HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(door.ask(empty).status, 200);
    }
}

#[test]
fn nothing_is_read_after_a_request_that_is_the_last() {
    for door in Door::both() {
        let mut client = door.client();
        client.send("GET /open/1 HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
        client.send("GET /open/2 HTTP/1.1\r\nHost: t\r\n\r\n");
        assert_eq!(client.answer().status, 200);
        assert!(client.is_closed());
        assert!(!door.upstream.raw().contains("/open/2"));
    }
}

#[test]
fn a_body_that_was_refused_is_not_read_as_the_next_request() {
    for door in Door::both() {
        for (head, status) in [
            ("POST /open", 413),
            ("POST /private", 405),
            ("POST /nowhere", 404),
            ("POST /open/../x", 400),
        ] {
            let body = "GET /open/smuggled HTTP/1.1\r\nHost: t\r\n\r\n".repeat(40);
            let mut client = door.client();
            client.send(format!(
                "{head} HTTP/1.1\r\nHost: t\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            ));
            client.send("GET /health/live HTTP/1.1\r\nHost: t\r\n\r\n");
            assert_eq!(client.answer().status, status, "{head}");
            // Either the connection is over or the body was passed over: what follows is the health.
            if let Some(next) = client.try_answer(false) {
                assert!(next.text().contains("status"), "{head}: {}", next.text());
            }
            assert!(!door.upstream.raw().contains("smuggled"), "{head}");
        }
    }
}

#[test]
fn what_trailers_say_is_told_to_nobody() {
    for door in Door::both() {
        let answer = door.ask(
            "POST /open HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nTrailer: X-User-Id\r\n\r\n5\r\nhello\r\n0\r\n\
                X-User-Id: root\r\nHost: evil\r\nContent-Length: 99\r\nTransfer-Encoding: x\r\nX-API-Key: evil\r\n\r\n",
        );
        assert_eq!(answer.status, 200);
        let raw = door.upstream.raw();
        assert!(!raw.contains("root") && !raw.contains("evil"), "{raw}");
        assert_eq!(door.upstream.last().body, b"5\r\nhello\r\n0\r\n\r\n");
    }
}

#[test]
fn a_length_or_coding_that_connection_names_frames_the_body_all_the_same() {
    for door in Door::both() {
        for framing in [
            "Content-Length: 5\r\nConnection: Content-Length\r\n\r\nhello",
            "Transfer-Encoding: chunked\r\nConnection: Transfer-Encoding\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        ] {
            let mut client = door.client();
            client.send(format!("POST /open HTTP/1.1\r\nHost: t\r\n{framing}"));
            client.send("GET /open/next HTTP/1.1\r\nHost: t\r\n\r\n");
            assert_eq!((client.answer().status, client.answer().status), (200, 200));
            let seen = door.upstream.seen();
            let [.., first, second] = &seen[..] else {
                panic!("{seen:?}")
            };
            assert!(String::from_utf8_lossy(&first.body).contains("hello"));
            assert_eq!(second.line(), "GET /open/next HTTP/1.1");
        }
    }
}
