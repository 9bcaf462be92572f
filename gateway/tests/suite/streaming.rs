//! Bodies flow through in both directions and are never gathered.

use crate::door::Door;
use crate::upstream::{Upstream, ok};
use std::io::{Read, Write};
use std::time::Duration;

const SIZE: usize = 64 << 20;

/// This process's memory in use.
fn resident_bytes() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = text.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// Reads a request's head, then its body as it comes; answers with its length.
fn counting_upstream() -> (std::net::SocketAddr, std::sync::mpsc::Receiver<usize>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (told, counts) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut bytes = vec![0; 65_536];
        let mut total = 0;
        while total < SIZE {
            let count = socket.read(&mut bytes).unwrap();
            if count == 0 || told.send(count).is_err() {
                return;
            }
            total += count;
        }
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        let _ = socket.read(&mut bytes);
    });
    (address, counts)
}

#[test]
fn an_upload_reaches_the_upstream_while_it_is_still_being_sent() {
    let (address, counts) = counting_upstream();
    let mut upstream = Upstream::start(ok);
    upstream.address = address;
    let door = Door::before(upstream);
    let mut client = door.client();
    client.send(format!(
        "PUT /big HTTP/1.1\r\nHost: t\r\nContent-Length: {SIZE}\r\n\r\n"
    ));
    client.send(vec![1; 1000]);
    assert!(
        counts.recv_timeout(Duration::from_secs(5)).is_ok(),
        "the first bytes arrive before the last are sent"
    );
    let before = resident_bytes();
    let mut most = 0;
    let piece = vec![1; 1 << 20];
    for _ in 0..(SIZE >> 20) {
        client.send(&piece[..]);
        most = most.max(resident_bytes());
    }
    assert_eq!(client.answer().status, 200);
    assert!(
        most.saturating_sub(before) < 16 << 20,
        "{} bytes were gathered",
        most - before
    );
}

/// The data of a chunked body, as a strict reader finds it.
fn unchunked(mut coded: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    loop {
        let end = coded.windows(2).position(|w| w == b"\r\n").unwrap();
        let size = std::str::from_utf8(&coded[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        coded = &coded[end + 2..];
        data.extend_from_slice(&coded[..size]);
        assert_eq!(&coded[size..size + 2], b"\r\n");
        coded = &coded[size + 2..];
        if size == 0 {
            assert!(coded.is_empty());
            return data;
        }
    }
}

#[test]
fn an_upload_in_pieces_of_any_size_arrives_whole() {
    let sizes = [1, 100, 8_191, 8_192, 8_193, 3, 70_000, 200_000, 7];
    let body: Vec<u8> = (0..=250).cycle().take(sizes.iter().sum()).collect();
    let door = Door::open();
    let mut client = door.client();
    for length in [None, Some(body.len())] {
        let framing = match length {
            Some(length) => format!("Content-Length: {length}"),
            None => "Transfer-Encoding: chunked".to_owned(),
        };
        client.send(format!("PUT /big HTTP/1.1\r\nHost: t\r\n{framing}\r\n\r\n"));
        let mut rest = &body[..];
        for size in sizes {
            let (now, later) = rest.split_at(size);
            rest = later;
            if length.is_some() {
                client.send(now);
            } else {
                client.send(format!("{size:x}\r\n")).send(now).send("\r\n");
            }
        }
        if length.is_none() {
            client.send("0\r\n\r\n");
        }
        assert_eq!(client.answer().status, 200);
        let seen = door.upstream.last();
        let got = match length {
            Some(_) => seen.body,
            None => unchunked(&seen.body),
        };
        assert!(got == body, "{framing}");
    }
    assert_eq!(door.upstream.connections(), 1);
}

#[test]
fn an_answer_that_comes_before_the_body_is_passed_on() {
    let door = Door::before(Upstream::start_raw(|mut socket| {
        let mut bytes = vec![0; 65_536];
        let _ = socket.read(&mut bytes);
        let _ = socket.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
        // It reads on, as one that wants the connection to end well does.
        while socket.read(&mut bytes).is_ok_and(|count| count > 0) {}
    }));
    let mut client = door.client();
    client.send("PUT /big HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000\r\n\r\n");
    client.send(vec![1; 1_000]);
    let answer = client.answer();
    assert_eq!((answer.status, answer.text().as_str()), (403, "no"));
    assert_eq!(door.get("/open").status, 403);
    assert_eq!(
        door.upstream.connections(),
        2,
        "half a request is no place for another"
    );
}

#[test]
fn a_download_reaches_the_client_while_it_is_still_being_sent() {
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let door = Door::before(Upstream::start(move |_, socket| {
        let _ = socket
            .write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
        wait.lock().unwrap().recv().unwrap();
        let piece = vec![2_u8; 1 << 20];
        for _ in 0..(SIZE >> 20) {
            let _ = write!(socket, "{:x}\r\n", piece.len());
            let _ = socket
                .write_all(&piece)
                .and_then(|()| socket.write_all(b"\r\n"));
        }
        socket.write_all(b"0\r\n\r\n").is_ok()
    }));
    let mut client = door.client();
    client.send("GET /big HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    let mut begin = Vec::new();
    let mut bytes = vec![0; 65_536];
    while !begin.windows(5).any(|w| w == b"first") {
        let count = client.socket.read(&mut bytes).unwrap();
        begin.extend_from_slice(&bytes[..count]);
    }
    go.send(()).unwrap();
    let before = resident_bytes();
    let (mut total, mut most) = (0, 0);
    loop {
        let count = client.socket.read(&mut bytes).unwrap();
        if count == 0 {
            break;
        }
        total += count;
        most = most.max(resident_bytes());
    }
    assert!(total > SIZE);
    assert!(
        most.saturating_sub(before) < 16 << 20,
        "{} bytes were gathered",
        most - before
    );
}

#[test]
fn a_body_over_the_limit_is_a_413_before_and_while_it_is_sent() {
    let door = Door::open();
    let announced = door.ask("POST /open HTTP/1.1\r\nHost: t\r\nContent-Length: 1001\r\n\r\n");
    assert_eq!(
        (announced.status, announced.code().as_str()),
        (413, "body_too_large")
    );
    assert_eq!(door.upstream.raw(), "");

    let mut client = door.client();
    client.send("POST /open HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
    for _ in 0..300 {
        client.send("8\r\n12345678\r\n");
    }
    assert_eq!(client.answer().status, 413);
    assert_eq!(
        door.upstream.seen().len(),
        0,
        "no complete request was made of it"
    );

    let just_right = format!(
        "POST /open HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\n{}",
        "x".repeat(1000)
    );
    assert_eq!(door.ask(just_right).status, 200);
    assert_eq!(door.upstream.last().body.len(), 1000);
}

#[test]
fn a_100_mb_body_is_refused_without_being_read() {
    let door = Door::open();
    let mut client = door.client();
    client.send("POST /open HTTP/1.1\r\nHost: t\r\nContent-Length: 104857600\r\n\r\n");
    assert_eq!(client.answer().status, 413);
    let before = resident_bytes();
    for _ in 0..100 {
        client.send(vec![3; 1 << 20]);
    }
    assert!(resident_bytes().saturating_sub(before) < 16 << 20);
}

#[test]
fn continue_is_said_only_when_the_body_is_wanted() {
    let door = Door::open();
    let expecting = |path: &str, length: usize| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: t\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
        )
    };
    let mut client = door.client();
    client.send(expecting("/open", 2));
    assert_eq!(client.answer().status, 100);
    client.send("hi");
    assert_eq!(client.answer().status, 200);
    assert_eq!(door.upstream.last().header("expect"), None);
    assert_eq!(door.upstream.last().body, b"hi");

    assert_eq!(door.ask(expecting("/open", 5000)).status, 413);
    assert_eq!(door.ask(expecting("/nowhere", 2)).status, 404);
    assert_eq!(door.ask(expecting("/private", 2)).status, 405);
}
