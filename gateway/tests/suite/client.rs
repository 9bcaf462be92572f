//! A client that sends exactly the bytes it is given and reads answers one by one.

use crate::tls_client;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than every shortened timeout of the tests.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) struct Client {
    pub(crate) socket: TcpStream,
    /// What goes over the socket when the door is the encrypted one.
    tls: Option<StreamOwned<ClientConnection, TcpStream>>,
    unread: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// False when the connection ended before the body did.
    pub(crate) complete: bool,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        Self {
            socket,
            tls: None,
            unread: Vec::new(),
        }
    }

    pub(crate) fn connect_by_tls(address: SocketAddr, config: ClientConfig) -> Self {
        let client = Self::connect(address);
        let socket = client.socket.try_clone().unwrap();
        Self {
            tls: Some(tls_client::over(socket, config)),
            ..client
        }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        // The gateway may have refused and closed before everything was written.
        let _ = match &mut self.tls {
            Some(tls) => tls.write_all(bytes.as_ref()).and_then(|()| tls.flush()),
            None => self.socket.write_all(bytes.as_ref()),
        };
        self
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: t\r\n\r\n"))
            .answer()
    }

    /// The next final answer.
    pub(crate) fn answer(&mut self) -> Answer {
        self.try_answer(false).expect("an answer")
    }

    /// The next answer, or None when the connection ends first.
    pub(crate) fn try_answer(&mut self, to_head: bool) -> Option<Answer> {
        let end = loop {
            if let Some(at) = self.unread.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
            if self.fill() == 0 {
                return None;
            }
        };
        let head = String::from_utf8_lossy(&self.unread[..end]).into_owned();
        self.unread.drain(..end);
        let status: u16 = head[9..12].parse().unwrap();
        let mut answer = Answer {
            status,
            head,
            body: Vec::new(),
            complete: true,
        };
        if to_head || status == 304 || status == 204 || status < 200 {
            return Some(answer);
        }
        if let Some(length) = answer.header("content-length") {
            let length: usize = length.parse().unwrap();
            while self.unread.len() < length && self.fill() > 0 {}
            answer.complete = self.unread.len() >= length;
            answer.body = self.unread.drain(..length.min(self.unread.len())).collect();
        } else if answer.header("transfer-encoding").is_some() {
            answer.complete = self.read_chunks(&mut answer.body);
        } else {
            while self.fill() > 0 {}
            answer.body = std::mem::take(&mut self.unread);
        }
        Some(answer)
    }

    fn read_chunks(&mut self, body: &mut Vec<u8>) -> bool {
        loop {
            let Some(line) = self.line() else {
                return false;
            };
            let size = usize::from_str_radix(&line, 16).unwrap();
            while self.unread.len() < size + 2 {
                if self.fill() == 0 {
                    return false;
                }
            }
            body.extend(self.unread.drain(..size));
            self.unread.drain(..2);
            if size == 0 {
                return true;
            }
        }
    }

    fn line(&mut self) -> Option<String> {
        loop {
            if let Some(at) = self.unread.windows(2).position(|w| w == b"\r\n") {
                let line = String::from_utf8_lossy(&self.unread[..at]).into_owned();
                self.unread.drain(..at + 2);
                return Some(line);
            }
            if self.fill() == 0 {
                return None;
            }
        }
    }

    fn fill(&mut self) -> usize {
        let mut bytes = vec![0; 65_536];
        let read = match &mut self.tls {
            Some(tls) => tls.read(&mut bytes),
            None => self.socket.read(&mut bytes),
        };
        let over = [ErrorKind::ConnectionReset, ErrorKind::UnexpectedEof];
        match read {
            Ok(count) => {
                self.unread.extend_from_slice(&bytes[..count]);
                count
            }
            Err(error) if over.contains(&error.kind()) => 0,
            Err(error) => panic!("the gateway neither answers nor closes: {error}"),
        }
    }

    /// The answer to a request for another protocol, which must be a yes.
    pub(crate) fn answer_to_switch(&mut self) -> Answer {
        let answer = self.answer();
        assert_eq!(answer.status, 101, "{}", answer.head);
        answer
    }

    /// Bytes of whatever follows.
    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.unread.len() < count && self.fill() > 0 {}
        self.unread.drain(..count.min(self.unread.len())).collect()
    }

    /// Whether the gateway closes now without another byte.
    pub(crate) fn is_closed(&mut self) -> bool {
        self.unread.is_empty() && self.fill() == 0
    }
}
