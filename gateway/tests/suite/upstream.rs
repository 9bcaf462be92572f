//! An upstream that keeps every byte it is sent and answers as it is told.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// From 0 on each connection.
    pub(crate) nth: usize,
}

impl Seen {
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    pub(crate) fn headers(&self, name: &str) -> Vec<String> {
        let of = |line: &str| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        };
        self.head.lines().filter_map(of).collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let mut all = self.headers(name);
        assert!(all.len() <= 1, "{name} came {} times", all.len());
        all.pop()
    }
}

type Behaviour = dyn Fn(&Seen, &mut TcpStream) -> bool + Send + Sync;

pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    raw: Arc<Mutex<Vec<u8>>>,
    connections: Arc<AtomicUsize>,
}

pub(crate) fn ok(_: &Seen, socket: &mut TcpStream) -> bool {
    socket
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        .is_ok()
}

impl Upstream {
    /// The behaviour answers a request; false closes the connection.
    pub(crate) fn start(
        behaviour: impl Fn(&Seen, &mut TcpStream) -> bool + Send + Sync + 'static,
    ) -> Self {
        let behaviour: Arc<Behaviour> = Arc::new(behaviour);
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let raw = Arc::<Mutex<Vec<u8>>>::default();
        let (of_thread, raw_of_thread) = (Arc::clone(&seen), Arc::clone(&raw));
        let upstream = Self::start_raw(move |socket| {
            serve(socket, &of_thread, &raw_of_thread, &*behaviour);
        });
        Self {
            seen,
            raw,
            ..upstream
        }
    }

    /// Each connection is the behaviour's own; nothing is kept.
    pub(crate) fn start_raw(behaviour: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let upstream = Self {
            address: listener.local_addr().unwrap(),
            seen: Arc::default(),
            raw: Arc::default(),
            connections: Arc::default(),
        };
        let connections = Arc::clone(&upstream.connections);
        let behaviour = Arc::new(behaviour);
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                let Ok(socket) = socket else { return };
                connections.fetch_add(1, Ordering::SeqCst);
                let behaviour = Arc::clone(&behaviour);
                std::thread::spawn(move || behaviour(socket));
            }
        });
        upstream
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn last(&self) -> Seen {
        self.seen().pop().expect("the upstream was asked")
    }

    /// Every byte that ever arrived.
    pub(crate) fn raw(&self) -> String {
        String::from_utf8_lossy(&self.raw.lock().unwrap()).into_owned()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn serve(
    mut socket: TcpStream,
    seen: &Mutex<Vec<Seen>>,
    raw: &Mutex<Vec<u8>>,
    behaviour: &Behaviour,
) {
    let mut unread: Vec<u8> = Vec::new();
    let mut nth = 0;
    loop {
        let Some(end) = until(&mut socket, &mut unread, raw, b"\r\n\r\n") else {
            return;
        };
        let head = String::from_utf8_lossy(&unread[..end]).into_owned();
        unread.drain(..end);
        let mut request = Seen {
            head,
            body: Vec::new(),
            nth,
        };
        if request.header("transfer-encoding").is_some() {
            let Some(end) = until(&mut socket, &mut unread, raw, b"0\r\n\r\n") else {
                return;
            };
            request.body = unread.drain(..end).collect();
        } else if let Some(length) = request.header("content-length") {
            let length: usize = length.parse().unwrap();
            while unread.len() < length {
                if !more(&mut socket, &mut unread, raw) {
                    return;
                }
            }
            request.body = unread.drain(..length).collect();
        }
        seen.lock().unwrap().push(request.clone());
        if !behaviour(&request, &mut socket) {
            return;
        }
        nth += 1;
    }
}

fn until(
    socket: &mut TcpStream,
    unread: &mut Vec<u8>,
    raw: &Mutex<Vec<u8>>,
    mark: &[u8],
) -> Option<usize> {
    loop {
        if let Some(at) = unread.windows(mark.len()).position(|w| w == mark) {
            return Some(at + mark.len());
        }
        if !more(socket, unread, raw) {
            return None;
        }
    }
}

fn more(socket: &mut TcpStream, unread: &mut Vec<u8>, raw: &Mutex<Vec<u8>>) -> bool {
    let mut bytes = vec![0; 65_536];
    let count = socket.read(&mut bytes).unwrap_or(0);
    unread.extend_from_slice(&bytes[..count]);
    raw.lock().unwrap().extend_from_slice(&bytes[..count]);
    count > 0
}
