//! However much is sent, the program holds little of it.

use crate::client::Client;
use crate::running::Running;
use crate::upstream::{Upstream, ok};
use std::io::{Read, Write};
use std::net::TcpStream;

const HUNDRED_MB: usize = 100_000_000;
/// What a hundred megabytes may add, in kB; most of it is code that was not used before.
const ROOM_KB: u64 = 24_000;

/// An upstream that takes bodies without keeping them, and says how long they were.
fn counting() -> Upstream {
    Upstream::start_raw(|mut socket: TcpStream| {
        let mut bytes = vec![0; 65_536];
        let mut head = Vec::new();
        let end = loop {
            let Ok(count @ 1..) = socket.read(&mut bytes) else {
                return;
            };
            head.extend_from_slice(&bytes[..count]);
            if let Some(at) = head.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let text = String::from_utf8_lossy(&head[..end]).to_lowercase();
        let length = text
            .lines()
            .find_map(|l| l.strip_prefix("content-length: "));
        // In chunks it is as long as it is: nothing is answered before its end, which never comes.
        let length = match length {
            Some(said) => said.parse().unwrap(),
            None if text.contains("transfer-encoding: chunked") => usize::MAX,
            None => 0,
        };
        let mut got = head.len() - end;
        while got < length {
            let Ok(count @ 1..) = socket.read(&mut bytes) else {
                return;
            };
            got += count;
        }
        let said = got.to_string();
        let answer = format!(
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{said}",
            said.len()
        );
        let _ = socket.write_all(answer.as_bytes());
    })
}

/// Sends a body until all is gone or the gateway has closed.
fn pour(client: &mut Client, times: usize, piece: &[u8]) {
    for _ in 0..times {
        if client.socket.write_all(piece).is_err() {
            return;
        }
    }
}

/// Runs an attack after the program has served once, and says how much more it ever held.
fn growth_kb(program: &Running, attack: impl FnOnce()) -> u64 {
    assert_eq!(program.client().get("/open").status, 200);
    let before = program.peak_kb();
    attack();
    program.peak_kb() - before
}

#[test]
fn a_hundred_megabytes_are_refused_or_passed_through_and_never_held() {
    let program = Running::start(counting(), |_| {});
    let grown = growth_kb(&program, || {
        let piece = vec![b'x'; 1_000_000];
        let mut announced = program.client();
        announced.send(format!(
            "POST /open HTTP/1.1\r\nHost: t\r\nContent-Length: {HUNDRED_MB}\r\n\r\n"
        ));
        pour(&mut announced, 100, &piece);
        assert_eq!(announced.answer().status, 413);
        let mut chunked = program.client();
        chunked.send("POST /open HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
        let chunk = [b"F4240\r\n".as_slice(), &piece, b"\r\n"].concat();
        pour(&mut chunked, 100, &chunk);
        assert_eq!(chunked.answer().status, 413);
        let mut passed = program.client();
        passed.send(format!(
            "POST /big HTTP/1.1\r\nHost: t\r\nContent-Length: {HUNDRED_MB}\r\n\r\n"
        ));
        pour(&mut passed, 100, &piece);
        let answer = passed.answer();
        assert_eq!(
            (answer.status, answer.text()),
            (200, HUNDRED_MB.to_string())
        );
    });
    assert!(grown < ROOM_KB, "{grown} kB");
}

#[test]
fn a_packed_bomb_goes_through_as_it_is() {
    // Ten megabytes of zeros in ten kilobytes.
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(&vec![0; 10_000_000]).unwrap();
    let bomb = packer.finish().unwrap();
    let program = Running::start(Upstream::start(ok), |_| {});
    let grown = growth_kb(&program, || {
        let mut client = program.client();
        client.send(format!(
            "POST /big HTTP/1.1\r\nHost: t\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
            bomb.len()
        ));
        client.send(&bomb);
        assert_eq!(client.answer().status, 200);
        assert!(program.upstream.last().body == bomb);
    });
    assert!(grown < 4_000, "{grown} kB");
}

#[test]
fn deep_json_is_not_looked_into() {
    let program = Running::start(Upstream::start(ok), |_| {});
    let deep = "[".repeat(1_000_000);
    let grown = growth_kb(&program, || {
        let mut client = program.client();
        client.send(format!(
            "POST /big HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{deep}",
            deep.len()
        ));
        assert_eq!(client.answer().status, 200);
    });
    assert!(grown < ROOM_KB, "{grown} kB");
}

#[test]
fn an_answer_of_a_hundred_megabytes_is_not_held_either() {
    let upstream = Upstream::start(|seen, socket| {
        if !seen.line().contains("/big") {
            return ok(seen, socket);
        }
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {HUNDRED_MB}\r\n\r\n");
        let piece = vec![b'x'; 1_000_000];
        socket.write_all(head.as_bytes()).is_ok()
            && (0..100).all(|_| socket.write_all(&piece).is_ok())
    });
    let program = Running::start(upstream, |_| {});
    let grown = growth_kb(&program, || {
        let mut client = program.client();
        client.send("GET /big HTTP/1.1\r\nHost: t\r\n\r\n");
        assert_eq!(client.answer().body.len(), HUNDRED_MB);
    });
    assert!(grown < ROOM_KB, "{grown} kB");
}

#[test]
fn three_hundred_heads_that_do_not_end_are_small() {
    let program = Running::start(Upstream::start(ok), |json| {
        json["timeouts"]["head_ms"] = 20_000.into();
    });
    let grown = growth_kb(&program, || {
        let head = format!(
            "GET /open HTTP/1.1\r\nHost: t\r\nX-A: {}",
            "a".repeat(30_000)
        );
        let clients: Vec<Client> = (0..300)
            .map(|_| {
                let mut client = program.client();
                client.send(&head);
                client
            })
            .collect();
        assert_eq!(program.client().get("/open").status, 200);
        drop(clients);
    });
    // Each may hold its head of 32 kB, and what growing it left over.
    assert!(grown < 300 * 100, "{grown} kB");
}

#[test]
fn ten_thousand_requests_at_once_on_one_connection_are_answered_one_by_one() {
    let program = Running::start(Upstream::start(ok), |_| {});
    let grown = growth_kb(&program, || {
        let mut client = program.client();
        let mut writer = client.socket.try_clone().unwrap();
        let writing = std::thread::spawn(move || {
            let all = "GET /open HTTP/1.1\r\nHost: t\r\n\r\n".repeat(10_000);
            writer.write_all(all.as_bytes()).unwrap();
        });
        for _ in 0..10_000 {
            assert_eq!(client.answer().status, 200);
        }
        writing.join().unwrap();
    });
    assert!(grown < ROOM_KB, "{grown} kB");
}
