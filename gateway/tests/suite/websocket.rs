//! Connections that switch to another protocol, on routes that let them.

use crate::door::{Door, eventually};
use crate::upstream::{Seen, Upstream, ok};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const ASK: &str = "GET /ws/chat?room=1 HTTP/1.1\r\nHost: t\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const AGREE: &[u8] =
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nhello";

/// Agrees, says hello at once, and sends back what comes.
fn echo(_: &Seen, socket: &mut TcpStream) -> bool {
    socket.write_all(AGREE).unwrap();
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = socket.read(&mut bytes) {
        if socket.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    false
}

fn door(upstream: Upstream, idle_ms: u64) -> Door {
    Door::with(upstream, |json| {
        let routes = json["routes"].as_array_mut().unwrap();
        routes.push(json!({
            "prefix": "/ws", "upstream": "vehicles", "upgrade": ["websocket"], "upgrade_idle_ms": idle_ms,
        }));
        routes.push(json!({"prefix": "/plain", "upstream": "vehicles"}));
    })
}

#[test]
fn bytes_go_both_ways_after_the_upstream_agreed() {
    let door = door(Upstream::start(echo), 60_000);
    let mut client = door.client();
    let answer = client.send(ASK).answer_to_switch();
    assert_eq!(answer.header("upgrade"), Some("websocket"));
    assert_eq!(answer.header("connection"), Some("upgrade"));
    let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    assert_eq!(answer.header("sec-websocket-accept"), Some(accept));
    let seen = door.upstream.last();
    assert_eq!(seen.line(), "GET /ws/chat?room=1 HTTP/1.1");
    assert_eq!(seen.header("connection").as_deref(), Some("upgrade"));
    assert_eq!(seen.header("upgrade").as_deref(), Some("websocket"));
    assert_eq!(seen.header("x-forwarded-for").as_deref(), Some("127.0.0.1"));
    assert_eq!(client.bytes(5), b"hello");
    for size in [1_usize, 4_000, 300_000] {
        // Nothing of this could pass as HTTP.
        let frame: Vec<u8> = (0..size).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let mut socket = client.socket.try_clone().unwrap();
        let sent = frame.clone();
        let sending = std::thread::spawn(move || socket.write_all(&sent).unwrap());
        assert!(
            client.bytes(size) == frame,
            "{size} bytes came back changed"
        );
        sending.join().unwrap();
    }
    client.socket.shutdown(std::net::Shutdown::Write).unwrap();
    assert!(client.is_closed());
    eventually("it is logged", || {
        door.log.text().contains("\"status\":101")
    });
    eventually("its place is free", || {
        door.operator("/upstreams")["upstreams"][2]["instances"][0]["requests_in_flight"] == 0
    });
}

#[test]
fn what_the_upstream_does_not_agree_to_is_an_answer_like_any_other() {
    let door = door(Upstream::start(ok), 60_000);
    let mut client = door.client();
    for _ in 0..2 {
        let answer = client.send(ASK).answer();
        assert_eq!((answer.status, answer.text()), (200, "ok".to_owned()));
    }
    assert_eq!(client.get("/plain").status, 200, "the connection goes on");
}

#[test]
fn nothing_switches_where_it_was_not_asked_or_not_allowed() {
    let door = door(Upstream::start(echo), 60_000);
    let elsewhere = ASK.replace("/ws/chat", "/plain");
    let unasked = "GET /ws HTTP/1.1\r\nHost: t\r\n\r\n";
    let other = ASK.replace("WebSocket\r\n", "h2c\r\n");
    let half = ASK.replace("keep-alive, Upgrade", "keep-alive");
    for request in [elsewhere.as_str(), unasked, &other, &half] {
        assert_eq!(door.ask(request).status, 502, "a 101 that nobody asked for");
        assert_eq!(door.upstream.last().header("upgrade"), None);
    }
    let wrong = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
    let door = self::door(
        Upstream::start(|_, socket| socket.write_all(wrong.as_bytes()).is_ok()),
        60_000,
    );
    assert_eq!(door.ask(ASK).status, 502);
}

#[test]
fn what_was_sent_before_the_agreement_goes_nowhere() {
    let door = door(Upstream::start(echo), 60_000);
    let mut client = door.client();
    client.send(format!("{ASK}GET /ws/smuggled HTTP/1.1\r\nHost: t\r\n\r\n"));
    let mut rest = Vec::new();
    let _ = client.socket.read_to_end(&mut rest);
    assert!(!String::from_utf8_lossy(&rest).contains("hello"));
    assert!(!door.upstream.raw().contains("smuggled"));
}

#[test]
fn a_silent_one_is_closed_and_so_is_every_one_when_the_gateway_stops() {
    let silent = door(Upstream::start(echo), 200);
    let mut client = silent.client();
    client.send(ASK).answer_to_switch();
    assert_eq!(client.bytes(5), b"hello");
    assert!(client.is_closed());

    let mut door = door(Upstream::start(echo), 60_000);
    let mut client = door.client();
    client.send(ASK).answer_to_switch();
    assert_eq!(client.bytes(5), b"hello");
    let begun = Instant::now();
    let stopped = door.stop();
    assert!(client.is_closed());
    door.wait_for(stopped);
    assert!(
        begun.elapsed() < Duration::from_secs(4),
        "it is not waited for"
    );
}

#[test]
fn a_websocket_goes_by_tls_too() {
    let pair = crate::tls_client::Pair::new();
    let door = Door::with(Upstream::start(echo), |json| {
        json["tls"] = pair.settings();
        json["routes"].as_array_mut().unwrap().push(json!({
            "prefix": "/ws", "upstream": "vehicles", "upgrade": ["websocket"],
        }));
    });
    let config = pair.config("http/1.1");
    let mut stream = crate::tls_client::connect(config, door.tls_address.unwrap());
    stream.write_all(ASK.as_bytes()).unwrap();
    let mut seen = Vec::new();
    while !seen.ends_with(b"\r\n\r\nhello") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        seen.push(byte[0]);
    }
    assert!(seen.starts_with(b"HTTP/1.1 101 "));
    let frame = vec![0xa5; 50_000];
    stream.write_all(&frame).unwrap();
    let mut echoed = vec![0; frame.len()];
    stream.read_exact(&mut echoed).unwrap();
    assert!(echoed == frame);
}
