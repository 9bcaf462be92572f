//! Hostile framing and syntax: what two readers could take for different requests.

use crate::door::Door;
use crate::upstream::{Upstream, ok};

/// Name, head and body, status.
type Case = (&'static str, &'static [u8], u16);

const LENGTHS_AND_CODINGS: &[Case] = &[
    ("length and coding", b"POST /open HTTP/1.1\r\nHost: t\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX", 400),
    ("coding and length", b"POST /open HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\nX", 400),
    ("coding and length 0", b"POST /open HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n", 400),
    ("two lengths", b"POST /open HTTP/1.1\r\nHost: t\r\nContent-Length: 6\r\nContent-Length: 5\r\n\r\nhello!", 400),
    ("one length twice", b"POST /open HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400),
    ("length list", b"POST /open HTTP/1.1\r\nHost: t\r\nContent-Length: 5, 5\r\n\r\nhello", 400),
    ("length with plus", b"POST /open HTTP/1.1\r\nHost: t\r\nContent-Length: +5\r\n\r\nhello", 400),
    ("length with minus", b"POST /open HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\nhello", 400),
    ("length hexadecimal", b"POST /open HTTP/1.1\r\nHost: t\r\nContent-Length: 0x5\r\n\r\nhello", 400),
    ("length with blank inside", b"POST /open HTTP/1.1\r\nHost: t\r\nContent-Length: 5 5\r\n\r\nhello", 400),
    ("length with underscore", b"POST /open HTTP/1.1\r\nHost: t\r\nContent-Length: 1_0\r\n\r\nhello", 400),
    ("length with a fraction", b"POST /open HTTP/1.1\r\nHost: t\r\nContent-Length: 5.0\r\n\r\nhello", 400),
    ("length empty", b"POST /open HTTP/1.1\r\nHost: t\r\nContent-Length:\r\n\r\nhello", 400),
    ("length beyond 64 bits", b"POST /open HTTP/1.1\r\nHost: t\r\nContent-Length: 18446744073709551621\r\n\r\nhello", 400),
    ("length in full-width digits", b"POST /open HTTP/1.1\r\nHost: t\r\nContent-Length: \xef\xbc\x95\r\n\r\nhello", 400),
    ("length with NUL", b"POST /open HTTP/1.1\r\nHost: t\r\nContent-Length: 5\x00\r\n\r\nhello", 400),
    ("two codings", b"POST /open HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("coding list", b"POST /open HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    ("coding chunked twice", b"POST /open HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501),
    ("coding identity", b"POST /open HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: identity\r\n\r\n", 501),
    ("coding gzip", b"POST /open HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    ("coding xchunked", b"POST /open HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
    ("coding quoted", b"POST /open HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 501),
    ("coding with a parameter", b"POST /open HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n", 501),
    ("coding empty", b"POST /open HTTP/1.1\r\nHost: t\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n", 501),
    ("coding with vertical tab", b"POST /open HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", 400),
    ("blank before colon of a coding", b"POST /open HTTP/1.1\r\nHost: t\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
    ("coding on a continued line", b"POST /open HTTP/1.1\r\nHost: t\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 501),
    ("coding in HTTP/1.0", b"POST /open HTTP/1.0\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("coding with underscore in its name", b"POST /open HTTP/1.1\r\nHost: t\r\nTransfer_Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("length with underscore in its name", b"POST /open HTTP/1.1\r\nHost: t\r\nContent_Length: 5\r\n\r\nhello", 400),
];

const LINES: &[Case] = &[
    (
        "bare LF everywhere",
        b"GET /open HTTP/1.1\nHost: t\n\n",
        400,
    ),
    (
        "bare LF after the request line",
        b"GET /open HTTP/1.1\nHost: t\r\n\r\n",
        400,
    ),
    (
        "bare LF after a header",
        b"GET /open HTTP/1.1\r\nHost: t\nX-A: b\r\n\r\n",
        400,
    ),
    (
        "bare LF as the empty line",
        b"GET /open HTTP/1.1\r\nHost: t\r\n\n",
        400,
    ),
    (
        "bare CR in a header",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX-A: b\rX-C: d\r\n\r\n",
        400,
    ),
    (
        "bare CR in the request line",
        b"GET /open\rx HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "two CR before LF",
        b"GET /open HTTP/1.1\r\nHost: t\r\r\n\r\n",
        400,
    ),
    (
        "NUL in a header value",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX-A: b\x00c\r\n\r\n",
        400,
    ),
    (
        "NUL in a header name",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX\x00A: b\r\n\r\n",
        400,
    ),
    (
        "escape in a header value",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX-A: \x1b[2J\r\n\r\n",
        400,
    ),
    (
        "DEL in a header value",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX-A: b\x7f\r\n\r\n",
        400,
    ),
    (
        "continued header",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX-A: b\r\n c\r\n\r\n",
        400,
    ),
    (
        "blank before the first header",
        b"GET /open HTTP/1.1\r\n Host: t\r\n\r\n",
        400,
    ),
    (
        "header without colon",
        b"GET /open HTTP/1.1\r\nHost: t\r\nbroken\r\n\r\n",
        400,
    ),
    (
        "header without name",
        b"GET /open HTTP/1.1\r\nHost: t\r\n: b\r\n\r\n",
        400,
    ),
    (
        "blank in a header name",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX A: b\r\n\r\n",
        400,
    ),
    (
        "blank before colon",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX-A : b\r\n\r\n",
        400,
    ),
    (
        "tab before colon",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX-A\t: b\r\n\r\n",
        400,
    ),
    (
        "header name beyond ASCII",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX-\xc3\xa4: b\r\n\r\n",
        400,
    ),
    (
        "header name with brackets",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX[A]: b\r\n\r\n",
        400,
    ),
    (
        "two empty lines first",
        b"\r\n\r\nGET /open HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
];

const REQUEST_LINES: &[Case] = &[
    (
        "lower-case method",
        b"get /open HTTP/1.1\r\nHost: t\r\n\r\n",
        501,
    ),
    (
        "unknown method",
        b"BREW /open HTTP/1.1\r\nHost: t\r\n\r\n",
        501,
    ),
    (
        "the gateway's own stand-in",
        b"REFUSED /bare_lf HTTP/1.1\r\nHost: t\r\n\r\n",
        501,
    ),
    ("TRACE", b"TRACE /open HTTP/1.1\r\nHost: t\r\n\r\n", 405),
    (
        "CONNECT",
        b"CONNECT t:443 HTTP/1.1\r\nHost: t:443\r\n\r\n",
        405,
    ),
    (
        "method with brackets",
        b"GE[T /open HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    ("empty method", b" /open HTTP/1.1\r\nHost: t\r\n\r\n", 400),
    ("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 501),
    ("version 2.0", b"GET /open HTTP/2.0\r\nHost: t\r\n\r\n", 505),
    ("version 1.2", b"GET /open HTTP/1.2\r\nHost: t\r\n\r\n", 505),
    ("version 0.9", b"GET /open HTTP/0.9\r\nHost: t\r\n\r\n", 505),
    (
        "version in lower case",
        b"GET /open http/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    ("version cut", b"GET /open HTTP/1\r\nHost: t\r\n\r\n", 400),
    (
        "version longer",
        b"GET /open HTTP/1.10\r\nHost: t\r\n\r\n",
        400,
    ),
    ("no version", b"GET /open\r\nHost: t\r\n\r\n", 400),
    (
        "two blanks before the target",
        b"GET  /open HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "two blanks before the version",
        b"GET /open  HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "tab as delimiter",
        b"GET\t/open\tHTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "blank in the target",
        b"GET /open x HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "blank at the end",
        b"GET /open HTTP/1.1 \r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "fragment in the target",
        b"GET /open#x HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "target beyond ASCII",
        b"GET /open/\xc3\xa4 HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "target with control character",
        b"GET /open/\x01 HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "target without slash",
        b"GET open HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "asterisk target",
        b"OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "authority target",
        b"GET t:80 HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "another scheme",
        b"GET ftp://t/open HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
];

#[test]
fn contradictory_lengths_and_codings_are_refused() {
    let door = Door::open();
    for (name, bytes, status) in LENGTHS_AND_CODINGS {
        door.refuses(name, bytes, *status);
    }
}

#[test]
fn malformed_lines_are_refused() {
    let door = Door::open();
    for (name, bytes, status) in LINES {
        door.refuses(name, bytes, *status);
    }
}

#[test]
fn malformed_request_lines_are_refused() {
    let door = Door::open();
    for (name, bytes, status) in REQUEST_LINES {
        door.refuses(name, bytes, *status);
    }
}

#[test]
fn every_refusal_is_the_same_when_the_bytes_come_one_by_one() {
    let door = Door::open();
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

#[test]
fn a_hostile_request_behind_a_good_one_is_refused_after_the_good_one_is_answered() {
    let door = Door::open();
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

const BODIES: &[Case] = &[
    ("chunk size with sign", b"+5\r\nhello\r\n0\r\n\r\n", 400),
    ("chunk size with 0x", b"0x5\r\nhello\r\n0\r\n\r\n", 400),
    (
        "chunk size with underscore",
        b"1_0\r\nhello\r\n0\r\n\r\n",
        400,
    ),
    ("chunk size with blank", b"5 \r\nhello\r\n0\r\n\r\n", 400),
    ("chunk size empty", b"\r\nhello\r\n0\r\n\r\n", 400),
    (
        "chunk size beyond 64 bits",
        b"10000000000000005\r\nhello\r\n0\r\n\r\n",
        400,
    ),
    (
        "chunk size with leading zeros",
        b"0000000000000000000005\r\nhello\r\n0\r\n\r\n",
        400,
    ),
    ("chunk size ended by LF", b"5\nhello\r\n0\r\n\r\n", 400),
    ("chunk size ended by CR", b"5\rhello\r\n0\r\n\r\n", 400),
    (
        "chunk data longer than said",
        b"4\r\nhello\r\n0\r\n\r\n",
        400,
    ),
    ("chunk data ended by LF", b"5\r\nhello\n0\r\n\r\n", 400),
    (
        "chunk extension with LF",
        b"5;a=b\nc\r\nhello\r\n0\r\n\r\n",
        400,
    ),
    (
        "chunk extension with CR",
        b"5;a=b\rc\r\nhello\r\n0\r\n\r\n",
        400,
    ),
    (
        "chunk extension with NUL",
        b"5;a=\x00\r\nhello\r\n0\r\n\r\n",
        400,
    ),
    ("last chunk ended by LF", b"5\r\nhello\r\n0\n\n", 400),
    ("empty line ended by LF", b"5\r\nhello\r\n0\r\n\n", 400),
    (
        "trailer with bare LF",
        b"5\r\nhello\r\n0\r\nX-A: b\nX-C: d\r\n\r\n",
        400,
    ),
    (
        "trailer with NUL",
        b"5\r\nhello\r\n0\r\nX-A: \x00\r\n\r\n",
        400,
    ),
];

#[test]
fn malformed_chunks_are_the_clients_fault_and_end_the_connection() {
    let door = Door::open();
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
            .contains("mvp_gateway_refused_total{reason=\"body_framing\"} 20")
    );
}

#[test]
fn well_formed_oddities_of_framing_are_understood() {
    let door = Door::before(Upstream::start(ok));
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

#[test]
fn a_get_or_head_with_a_body_is_refused_and_an_empty_one_is_not() {
    let door = Door::open();
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
