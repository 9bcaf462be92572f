//! A second reader of what the gateway sends on: strict, simple, and not the library's.

use crate::upstream::Upstream;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

/// A request as the second reader understands it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Read1 {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) id: String,
    pub(crate) body: Vec<u8>,
}

/// What an upstream has understood, and what it could not.
#[derive(Debug, Default)]
pub(crate) struct Understood {
    pub(crate) requests: Vec<Read1>,
    pub(crate) complaints: Vec<String>,
}

enum Step {
    Whole(Read1, usize),
    More,
    Wrong(String),
}

/// An upstream that answers only what it understands.
pub(crate) fn reading() -> (Upstream, Arc<Mutex<Understood>>) {
    let understood: Arc<Mutex<Understood>> = Arc::default();
    let of_upstream = Arc::clone(&understood);
    let upstream = Upstream::start_raw(move |mut socket: TcpStream| {
        let mut unread = Vec::new();
        let mut bytes = [0; 16_384];
        loop {
            match step(&unread) {
                Step::Whole(request, used) => {
                    unread.drain(..used);
                    of_upstream.lock().unwrap().requests.push(request);
                    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
                    if socket.write_all(answer).is_err() {
                        return;
                    }
                }
                Step::Wrong(what) => {
                    of_upstream.lock().unwrap().complaints.push(what);
                    return;
                }
                Step::More => match socket.read(&mut bytes) {
                    Ok(count @ 1..) => unread.extend_from_slice(&bytes[..count]),
                    _ => return,
                },
            }
        }
    });
    (upstream, understood)
}

fn step(bytes: &[u8]) -> Step {
    let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else {
        return Step::More;
    };
    let head = &bytes[..end];
    let wrong = |what: &str| Step::Wrong(format!("{what}: {}", head.escape_ascii()));
    if head
        .iter()
        .any(|b| (*b < 0x20 && !b"\r\n\t".contains(b)) || *b == 0x7f)
    {
        return wrong("a control character");
    }
    let head = String::from_utf8_lossy(head).into_owned();
    let mut lines = head.split("\r\n");
    let line: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
    let [method, target, "HTTP/1.1"] = line[..] else {
        return wrong("a request line");
    };
    let mut id = String::new();
    let (mut lengths, mut codings, mut hosts) = (Vec::new(), Vec::new(), 0);
    for line in lines {
        let Some((name, value)) = line.split_once(": ") else {
            return wrong("a header line");
        };
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-!#$%&'*+.^`|~".contains(&b);
        if line.contains(['\r', '\n']) || name.is_empty() || !name.bytes().all(plain) {
            return wrong("a header line");
        }
        match name.to_ascii_lowercase().as_str() {
            "content-length" => lengths.push(value.to_owned()),
            "transfer-encoding" => codings.push(value.to_owned()),
            "host" => hosts += 1,
            "x-request-id" => value.clone_into(&mut id),
            _ => {}
        }
    }
    if hosts != 1 || lengths.len() + codings.len() > 1 {
        return wrong("the framing");
    }
    let body = body_of(&bytes[end + 4..], lengths.first(), codings.first());
    let body = match body {
        Ok(body) => body,
        Err(what) => return wrong(what),
    };
    let Some((body, used)) = body else {
        return Step::More;
    };
    let request = Read1 {
        method: method.to_owned(),
        target: target.to_owned(),
        id,
        body,
    };
    Step::Whole(request, end + 4 + used)
}

/// A body and how many bytes it took; None when there is more to come.
type Body = Option<(Vec<u8>, usize)>;

fn body_of(
    rest: &[u8],
    length: Option<&String>,
    coding: Option<&String>,
) -> Result<Body, &'static str> {
    match (length, coding.map(String::as_str)) {
        (Some(length), _) => {
            let length: usize = length.parse().map_err(|_| "a length")?;
            Ok(rest.get(..length).map(|body| (body.to_vec(), length)))
        }
        (_, Some("chunked")) => unchunk(rest).map_err(|()| "a chunk"),
        (_, Some(_)) => Err("a coding"),
        _ => Ok(Some((Vec::new(), 0))),
    }
}

/// The data of chunks and how many bytes they took; None when there is more to come.
fn unchunk(bytes: &[u8]) -> Result<Body, ()> {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let Some(end) = bytes[at..].windows(2).position(|w| w == b"\r\n") else {
            return Ok(None);
        };
        let size = std::str::from_utf8(&bytes[at..at + end]).map_err(|_| ())?;
        let size = usize::from_str_radix(size, 16).map_err(|_| ())?;
        at += end + 2;
        let Some(data) = bytes.get(at..at + size + 2) else {
            return Ok(None);
        };
        let (data, after) = data.split_at(size);
        if after != b"\r\n" {
            return Err(());
        }
        body.extend_from_slice(data);
        at += size + 2;
        if size == 0 {
            return Ok(Some((body, at)));
        }
    }
}
