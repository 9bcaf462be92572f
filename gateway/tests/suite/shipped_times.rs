//! The times that ship: who is slow is gone within 30 seconds, and the others are served meanwhile.

use crate::client::Client;
use crate::http2_wire::{DATA, END_STREAM, INITIAL_WINDOW, Wire, request};
use crate::running::Running;
use crate::tls_client::Pair;
use crate::upstream::{Upstream, ok};
use serde_json::{Value, json};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// A little more than what is promised, for a busy machine and the looks at HTTP/2 once a second.
const PROMISED: Duration = Duration::from_secs(34);

/// The times of the file that ships.
fn shipped() -> Value {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../config/gateway/production.yml"
    );
    let text = std::fs::read_to_string(file).unwrap();
    let lines = text.lines().skip_while(|line| *line != "timeouts:").skip(1);
    let times = lines.take_while(|line| line.starts_with("  "));
    let pair = |line: &str| {
        let (name, value) = line.trim().split_once(": ").unwrap();
        (name.to_owned(), json!(value.parse::<u64>().unwrap()))
    };
    Value::Object(times.map(pair).collect())
}

/// Sends a byte every second, if any, and waits until the gateway has hung up; says how long it took.
fn hold(mut socket: TcpStream, first: &str, drip: &str, reads: bool) -> Duration {
    let begun = Instant::now();
    socket.write_all(first.as_bytes()).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(1)))
        .unwrap();
    let mut drops = drip.bytes().cycle();
    let mut bytes = [0; 4096];
    while begun.elapsed() < PROMISED * 2 {
        if let Some(drop) = drops.next()
            && socket.write_all(&[drop]).is_err()
        {
            break;
        }
        if !reads {
            // Whether the other side is gone shows without reading.
            std::thread::sleep(Duration::from_secs(1));
            if peer_is_gone(&socket) {
                break;
            }
            continue;
        }
        match socket.read(&mut bytes) {
            Ok(0) => break,
            Err(error) if !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                break;
            }
            _ => {}
        }
    }
    begun.elapsed()
}

/// By the kernel's table of sockets: the gateway's end of this connection is no longer established.
fn peer_is_gone(socket: &TcpStream) -> bool {
    let local = socket.local_addr().unwrap().port();
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let of_peer = format!(":{local:04X} 01 ");
    !table.lines().any(|line| line.contains(&of_peer))
}

fn slow_http1(address: SocketAddr) -> Vec<(&'static str, std::thread::JoinHandle<Duration>)> {
    let cases: [(&str, &str, &str, bool); 5] = [
        ("silence", "", "", true),
        (
            "a slow head",
            "GET /open HTTP/1.1\r\nHost: t\r\nX-A: ",
            "a",
            true,
        ),
        (
            "no body",
            "POST /open HTTP/1.1\r\nHost: t\r\nContent-Length: 900\r\n\r\n",
            "",
            true,
        ),
        (
            "a slow body",
            "POST /open HTTP/1.1\r\nHost: t\r\nContent-Length: 900\r\n\r\n",
            "b",
            true,
        ),
        (
            "a slow reader",
            "GET /big HTTP/1.1\r\nHost: t\r\n\r\n",
            "",
            false,
        ),
    ];
    cases
        .into_iter()
        .map(|(name, begin, drip, reads)| {
            let socket = Client::connect(address).socket;
            let holding = std::thread::spawn(move || hold(socket, begin, drip, reads));
            (name, holding)
        })
        .collect()
}

/// How long the gateway keeps a connection of HTTP/2 that does nothing more but say that it is there.
fn hold_http2(mut wire: Wire) -> Duration {
    let begun = Instant::now();
    while !wire.is_broken() && begun.elapsed() < PROMISED * 2 {
        wire.drain();
        // A frame without meaning, to learn that the connection is gone.
        wire.frame(0x77, 0, 0, &[]);
        std::thread::sleep(Duration::from_millis(500));
    }
    begun.elapsed()
}

#[test]
fn who_is_slow_is_gone_in_time_while_others_are_served() {
    let upstream = Upstream::start(|seen, socket| {
        if !seen.line().contains("/big") {
            return ok(seen, socket);
        }
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n");
        let piece = vec![7; 100_000];
        (0..500).all(|_| socket.write_all(&piece).is_ok())
    });
    let pair = Pair::new();
    let tls = SocketAddr::from(([127, 0, 0, 1], test_kit::free_port()));
    let program = Running::start(upstream, |json| {
        json["timeouts"] = shipped();
        json["tls"] = pair.settings();
        json["tls"]["port"] = tls.port().into();
        json["upstreams"]["vehicles"] = json!({"url": json["upstreams"]["vehicles"]["url"]});
    });
    let mut holding = slow_http1(program.address);
    let window = |bytes| Wire::to(&pair, tls, &[(INITIAL_WINDOW, bytes)]);
    for (name, mut wire) in [
        ("a window of nothing", window(0)),
        ("a window of one byte", window(1)),
        ("a window that is used up", window(65_535)),
    ] {
        wire.head(1, &request("GET", "/big"), END_STREAM);
        holding.push((name, std::thread::spawn(move || hold_http2(wire))));
    }
    let mut body = Wire::to(&pair, tls, &[]);
    body.head(1, &request("POST", "/open"), 0)
        .frame(DATA, 0, 1, b"x");
    let begun = Instant::now();
    assert_eq!(body.outcome_within(1, PROMISED).status(), Some(408));
    assert!(begun.elapsed() < PROMISED);
    for (name, holding) in holding {
        while !holding.is_finished() {
            let asked = Instant::now();
            assert_eq!(program.client().get("/open").status, 200);
            assert!(asked.elapsed() < Duration::from_secs(1), "during {name}");
            std::thread::sleep(Duration::from_millis(200));
        }
        let took = holding.join().unwrap();
        assert!(took < PROMISED, "{name}: {took:?}");
    }
}
