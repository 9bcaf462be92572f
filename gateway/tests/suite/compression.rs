//! Compressed answers: which, how, and that they stream.

use crate::client::Answer;
use crate::door::Door;
use crate::upstream::Upstream;
use flate2::read::{GzDecoder, MultiGzDecoder};
use std::io::{Read, Write};
use std::sync::Mutex;
use std::sync::mpsc;

fn text() -> String {
    "{\"make\": \"Honda\"},\n".repeat(2_000)
}

/// An upstream that answers each path as the table says, after the head it names.
fn door(head: &'static str) -> Door {
    let upstream = Upstream::start(move |_, socket| {
        let body = text();
        let head = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n", body.len());
        socket.write_all(head.as_bytes()).is_ok() && socket.write_all(body.as_bytes()).is_ok()
    });
    Door::with(upstream, |settings| {
        settings["compress"] = true.into();
        settings["routes"][3]["compress"] = false.into();
    })
}

fn ask(door: &Door, path: &str, accept: &str) -> Answer {
    door.ask(format!(
        "GET {path} HTTP/1.1\r\nHost: t\r\nAccept-Encoding: {accept}\r\n\r\n"
    ))
}

fn unpacked(bytes: &[u8]) -> String {
    let mut text = String::new();
    MultiGzDecoder::new(bytes)
        .read_to_string(&mut text)
        .unwrap();
    text
}

const JSON: &str =
    "200 OK\r\nContent-Type: application/json\r\nETag: \"v1\"\r\nAccept-Ranges: bytes";

#[test]
fn a_text_is_compressed_for_those_who_take_it() {
    let door = door(JSON);
    let answer = ask(&door, "/open", "br, gzip");
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    assert_eq!(answer.header("content-length"), None);
    assert_eq!(answer.header("accept-ranges"), None);
    assert_eq!(answer.header("etag"), Some("W/\"v1\""));
    assert_eq!(answer.header("vary"), Some("Accept-Encoding"));
    assert!(answer.complete && answer.body.len() * 3 < text().len());
    assert_eq!(unpacked(&answer.body), text());
    for accept in ["identity", "gzip;q=0", "br"] {
        let plain = ask(&door, "/open", accept);
        assert_eq!(plain.header("content-encoding"), None, "{accept}");
        assert_eq!(plain.header("etag"), Some("\"v1\""));
        assert_eq!(plain.header("vary"), Some("Accept-Encoding"));
        assert_eq!(plain.text(), text());
    }
    // A route that is marked off says nothing of it at all.
    let off = ask(&door, "/big", "gzip");
    assert_eq!(
        (off.header("content-encoding"), off.header("vary")),
        (None, None)
    );
}

#[test]
fn what_is_no_text_or_bound_to_its_bytes_stays_as_it_is() {
    for head in [
        "200 OK\r\nContent-Type: image/png",
        "200 OK",
        "200 OK\r\nContent-Type: text/event-stream",
        "200 OK\r\nContent-Type: text/html\r\nContent-Encoding: br",
        "200 OK\r\nContent-Type: text/html\r\nCache-Control: public, no-transform",
        "200 OK\r\nContent-Type: text/html\r\nContent-Digest: sha-256=:AAAA:",
        "206 Partial Content\r\nContent-Type: text/html\r\nContent-Range: bytes 0-1/2",
    ] {
        let answer = ask(&door(head), "/open", "gzip");
        assert_ne!(answer.header("content-encoding"), Some("gzip"), "{head}");
        assert_eq!(answer.text(), text(), "{head}");
    }
}

#[test]
fn a_short_text_is_left_alone_and_an_empty_one_too() {
    for length in [0, 1023] {
        let upstream = Upstream::start(move |_, socket| {
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n"
            );
            socket.write_all(head.as_bytes()).is_ok()
                && socket.write_all(&vec![b'x'; length]).is_ok()
        });
        let door = Door::with(upstream, |settings| settings["compress"] = true.into());
        let answer = ask(&door, "/open", "gzip");
        assert_eq!(answer.header("content-encoding"), None);
        assert_eq!(answer.body.len(), length);
    }
}

#[test]
fn a_head_request_and_an_unchanged_answer_have_no_body() {
    let upstream = Upstream::start(|seen, socket| {
        let head = if seen.line().starts_with("HEAD") {
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 9999\r\n\r\n"
        } else {
            "HTTP/1.1 304 Not Modified\r\nContent-Type: text/plain\r\nETag: \"v1\"\r\n\r\n"
        };
        socket.write_all(head.as_bytes()).is_ok()
    });
    let door = Door::with(upstream, |settings| settings["compress"] = true.into());
    let mut client = door.client();
    client.send("HEAD /open HTTP/1.1\r\nHost: t\r\nAccept-Encoding: gzip\r\n\r\n");
    let head = client.try_answer(true).unwrap();
    assert_eq!(head.header("content-length"), Some("9999"));
    client.send("GET /open HTTP/1.1\r\nHost: t\r\nAccept-Encoding: gzip\r\n\r\n");
    let unchanged = client.answer();
    assert_eq!(
        (unchanged.status, unchanged.header("content-encoding")),
        (304, None)
    );
    assert_eq!(unchanged.header("etag"), Some("\"v1\""));
}

#[test]
fn what_has_come_is_sent_on_before_there_is_more() {
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let may_go_on = Mutex::new(may_go_on);
    let upstream = Upstream::start(move |_, socket| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n";
        let sent = socket.write_all(head.as_bytes()).is_ok()
            && socket.write_all(b"6\r\nfirst\n\r\n").is_ok();
        may_go_on.lock().unwrap().recv().unwrap();
        sent && socket.write_all(b"7\r\nsecond\n\r\n0\r\n\r\n").is_ok()
    });
    let door = Door::with(upstream, |settings| {
        settings["compress"] = true.into();
        settings["upstreams"]["vehicles"]["body_idle_timeout_ms"] = 10_000.into();
    });
    let mut client = door.client();
    client.send("GET /open HTTP/1.1\r\nHost: t\r\nAccept-Encoding: gzip\r\n\r\n");
    let mut raw = Vec::new();
    let mut first = [0; 6];
    // Read until the first line can be unpacked; only then may the upstream go on.
    while GzDecoder::new(unchunked(&raw).as_slice())
        .read_exact(&mut first)
        .is_err()
    {
        let mut bytes = [0; 1024];
        let count = client.socket.read(&mut bytes).unwrap();
        assert!(count > 0, "the answer ended early");
        raw.extend_from_slice(&bytes[..count]);
    }
    assert_eq!(&first, b"first\n");
    go_on.send(()).unwrap();
}

/// The bytes of the chunks that have come whole after the head.
fn unchunked(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let head_end = raw.windows(4).position(|w| w == b"\r\n\r\n");
    let mut rest = head_end.map_or(&raw[..0], |at| &raw[at + 4..]);
    while let Some(at) = rest.windows(2).position(|w| w == b"\r\n") {
        let line = std::str::from_utf8(&rest[..at]).unwrap();
        let size = usize::from_str_radix(line, 16).unwrap();
        let Some(chunk) = rest.get(at + 2..at + 2 + size) else {
            break;
        };
        out.extend_from_slice(chunk);
        rest = rest.get(at + 4 + size..).unwrap_or_default();
    }
    out
}

#[test]
fn an_answer_that_breaks_off_is_not_ended_as_if_it_were_whole() {
    let upstream = Upstream::start(|_, socket| {
        let head =
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\nsome";
        let _ = socket.write_all(head.as_bytes());
        false
    });
    let door = Door::with(upstream, |settings| settings["compress"] = true.into());
    assert!(!ask(&door, "/open", "gzip").complete);
}
