//! Slow clients are closed in time and cost the others nothing.

use crate::client::Client;
use crate::door::{Door, KEY, eventually};
use crate::upstream::{Upstream, ok};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Sends bytes with pauses until the gateway closes; gives what it answered and when.
fn trickle(
    client: &mut Client,
    bytes: impl IntoIterator<Item = u8>,
    pause: Duration,
) -> (Option<u16>, Duration) {
    let begun = Instant::now();
    let mut writer = client.socket.try_clone().unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let done = Arc::clone(&over);
    let bytes: Vec<u8> = bytes.into_iter().collect();
    let writing = std::thread::spawn(move || {
        for byte in bytes {
            if done.load(Ordering::SeqCst) || writer.write_all(&[byte]).is_err() {
                return;
            }
            std::thread::sleep(pause);
        }
    });
    let status = client.try_answer(false).map(|answer| answer.status);
    let took = begun.elapsed();
    over.store(true, Ordering::SeqCst);
    writing.join().unwrap();
    (status, took)
}

#[test]
fn a_silent_connection_is_closed() {
    let door = Door::open();
    let begun = Instant::now();
    assert!(door.client().is_closed());
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[test]
fn an_idle_kept_connection_is_closed_later() {
    let door = Door::open();
    let mut client = door.client();
    assert_eq!(client.get("/open").status, 200);
    let begun = Instant::now();
    assert!(client.is_closed());
    assert!(
        begun.elapsed() > Duration::from_millis(500),
        "not as early as a silent one"
    );
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_trickled_head_is_a_408() {
    let door = Door::open();
    let head = "GET /open HTTP/1.1\r\nHost: t\r\n"
        .bytes()
        .chain("X-A: b\r\n".bytes().cycle().take(4000));
    let (status, took) = trickle(&mut door.client(), head, Duration::from_millis(20));
    assert_eq!(status, Some(408));
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(door.upstream.raw(), "");
}

#[test]
fn a_trickled_head_on_a_kept_connection_is_a_408_too() {
    let door = Door::open();
    let mut client = door.client();
    assert_eq!(client.get("/open").status, 200);
    let (status, _) = trickle(
        &mut client,
        "GET /open HTTP/1.1\r\n".bytes().cycle().take(2000),
        Duration::from_millis(40),
    );
    assert!(matches!(status, Some(408 | 400)), "{status:?}");
}

#[test]
fn a_body_that_stops_is_the_clients_408_and_not_a_504() {
    let door = Door::open();
    let mut client = door.client();
    client.send("POST /open HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nhel");
    let answer = client.answer();
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (408, "request_timeout")
    );
    assert!(client.is_closed());
}

#[test]
fn a_trickled_body_is_a_408() {
    let door = Door::open();
    for head in ["Content-Length: 1000", "Transfer-Encoding: chunked"] {
        let mut client = door.client();
        client.send(format!("POST /open HTTP/1.1\r\nHost: t\r\n{head}\r\n\r\n"));
        let body = "1\r\nx\r\n".bytes().cycle().take(1000);
        let (status, took) = trickle(&mut client, body, Duration::from_millis(20));
        assert_eq!(status, Some(408), "{head}");
        assert!(took < Duration::from_secs(3), "{head}: {took:?}");
    }
}

#[test]
fn a_body_has_an_end_however_steadily_it_comes() {
    let door = Door::with(Upstream::start(ok), |json| {
        json["timeouts"]["body_ms"] = 600.into();
    });
    let mut client = door.client();
    client.send("POST /big HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n");
    // Faster than the least rate, so that only the end of its time can stop it.
    let (status, took) = trickle(
        &mut client,
        std::iter::repeat_n(b'x', 100_000),
        Duration::from_micros(100),
    );
    assert_eq!(status, Some(408));
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[test]
fn a_body_below_the_least_rate_is_a_408_though_it_never_stops() {
    let door = Door::with(Upstream::start(ok), |json| {
        json["limits"] = serde_json::json!({"min_bytes_per_second": 100_000});
    });
    let mut client = door.client();
    client.send("POST /big HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n");
    let (status, took) = trickle(
        &mut client,
        std::iter::repeat_n(b'x', 100_000),
        Duration::from_millis(1),
    );
    assert_eq!(status, Some(408));
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[test]
fn a_body_cut_short_by_the_client_is_not_the_upstreams_fault() {
    let door = Door::open();
    let mut client = door.client();
    client.send("POST /open HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nhel");
    client.socket.shutdown(std::net::Shutdown::Both).unwrap();
    eventually("it is written down", || !door.log.text().is_empty());
    assert!(
        !door.log.text().contains("\"status\":502"),
        "{}",
        door.log.text()
    );
    assert_eq!(door.upstream.seen().len(), 0);
}

#[test]
fn a_client_that_does_not_read_is_cut_off() {
    let door = Door::before(Upstream::start(|_, socket| {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n");
        let piece = vec![7; 100_000];
        (0..500).all(|_| socket.write_all(&piece).is_ok())
    }));
    let mut client = door.client();
    client.send("GET /open HTTP/1.1\r\nHost: t\r\n\r\n");
    eventually("it is cut off", || {
        let log = door.log.text();
        log.contains("\"status\":200") && log.contains("bytes_out")
    });
    assert_eq!(door.get("/health").status, 200);
}

#[test]
fn two_hundred_slow_clients_keep_nobody_waiting() {
    let door = Door::before(Upstream::start(ok));
    let slow: Vec<Client> = (0..200)
        .map(|_| {
            let mut client = door.client();
            client.send("GET /open HTTP/1.1\r\nHost");
            client
        })
        .collect();
    let begun = Instant::now();
    for _ in 0..20 {
        let fast = door.ask(format!(
            "GET /platform/vehicles HTTP/1.1\r\nHost: t\r\nX-API-Key: {KEY}\r\n\r\n"
        ));
        assert_eq!(fast.status, 200);
    }
    assert!(begun.elapsed() < Duration::from_secs(2));
    for mut client in slow {
        assert_eq!(client.answer().status, 408);
    }
}
