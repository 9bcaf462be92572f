//! HTTP/2 by hand: frames as they are given, whatever the protocol says about them.

use crate::door::Door;
use crate::tls_client::{Pair, connect};
use rustls::{ClientConnection, StreamOwned};
use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RESET: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PUSH_PROMISE: u8 = 5;
pub(crate) const PING: u8 = 6;
pub(crate) const GO_AWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const ACK: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
pub(crate) const PADDED: u8 = 8;

/// Initial window: how much of an answer this side takes without a further word.
pub(crate) const INITIAL_WINDOW: u16 = 4;
const HEADER_TABLE: u16 = 1;

/// Names and values; those of a good request first.
pub(crate) type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// The fields of a request for a path.
pub(crate) fn request(method: &str, path: &str) -> Fields {
    [
        (":method", method),
        (":scheme", "https"),
        (":authority", "localhost"),
        (":path", path),
    ]
    .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()))
    .to_vec()
}

/// RFC 7541 §6.2.2: a field with its name, in plain letters and for no table.
pub(crate) fn literal(block: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    block.push(0);
    for text in [name, value] {
        let mut left = text.len();
        if left < 127 {
            block.push(u8::try_from(left).unwrap());
        } else {
            block.push(127);
            left -= 127;
            while left >= 128 {
                block.push(u8::try_from(left % 128).unwrap() | 128);
                left /= 128;
            }
            block.push(u8::try_from(left).unwrap());
        }
        block.extend_from_slice(text);
    }
}

pub(crate) fn block(fields: &Fields) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        literal(&mut block, name, value);
    }
    block
}

/// What became of a request, or of the whole connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Answer(u16, String),
    /// The stream was reset, with this code.
    Reset(u32),
    /// The connection was given up, with this code.
    Gone(u32),
    Closed,
}

impl Outcome {
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Answer(status, _) => Some(*status),
            _ => None,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

pub(crate) struct Wire {
    stream: StreamOwned<ClientConnection, TcpStream>,
    unread: Vec<u8>,
    frames: VecDeque<Frame>,
    broken: bool,
}

impl Wire {
    /// A connection that has said hello.
    pub(crate) fn open(pair: &Pair, door: &Door) -> Self {
        Self::open_with(pair, door, &[])
    }

    pub(crate) fn open_with(pair: &Pair, door: &Door, settings: &[(u16, u32)]) -> Self {
        Self::to(pair, door.tls_address.unwrap(), settings)
    }

    pub(crate) fn to(pair: &Pair, address: SocketAddr, settings: &[(u16, u32)]) -> Self {
        let mut wire = Self::silent(pair, address);
        wire.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        // Without a table of headers the answers are simple to read.
        let mut all = vec![(HEADER_TABLE, 0)];
        all.extend_from_slice(settings);
        wire.settings(&all);
        wire
    }

    /// One that says nothing by itself.
    pub(crate) fn silent(pair: &Pair, address: SocketAddr) -> Self {
        let stream = connect(pair.config("h2"), address);
        let patience = Some(Duration::from_secs(5));
        stream.sock.set_write_timeout(patience).unwrap();
        Self {
            stream,
            unread: Vec::new(),
            frames: VecDeque::new(),
            broken: false,
        }
    }

    /// Bytes as they are; once the gateway has closed they are lost.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        let written = self.stream.write_all(bytes);
        self.broken |= written.and_then(|()| self.stream.flush()).is_err();
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    pub(crate) fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> &mut Self {
        let bytes = frame(kind, flags, stream, payload);
        self.write(&bytes);
        self
    }

    pub(crate) fn settings(&mut self, settings: &[(u16, u32)]) -> &mut Self {
        let mut payload = Vec::new();
        for (name, value) in settings {
            payload.extend(name.to_be_bytes());
            payload.extend(value.to_be_bytes());
        }
        self.frame(SETTINGS, 0, 0, &payload)
    }

    /// A head in as many frames as it needs.
    pub(crate) fn head(&mut self, stream: u32, fields: &Fields, flags: u8) -> &mut Self {
        let block = block(fields);
        let pieces: Vec<&[u8]> = block.chunks(16_384).collect();
        for (place, piece) in pieces.iter().enumerate() {
            let kind = if place == 0 { HEADERS } else { CONTINUATION };
            let first = if place == 0 { flags } else { 0 };
            let last = if place + 1 == pieces.len() {
                END_HEADERS
            } else {
                0
            };
            self.frame(kind, first | last, stream, piece);
        }
        self
    }

    /// The next frame; None when the gateway has closed.
    pub(crate) fn hear(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                return Some(frame);
            }
            let mut bytes = [0; 16_384];
            match self.stream.read(&mut bytes) {
                Ok(count @ 1..) => self.sort(&bytes[..count]),
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    panic!("the gateway neither answers nor closes")
                }
                _ => return None,
            }
        }
    }

    /// Keeps what came, and answers a PING at once: who is asked whether it is there still is.
    fn sort(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
        while let Some(frame) = self.take() {
            if frame.kind == PING && frame.flags & ACK == 0 {
                self.frame(PING, ACK, 0, &frame.payload);
            } else {
                self.frames.push_back(frame);
            }
        }
    }

    fn take(&mut self) -> Option<Frame> {
        let head = self.unread.get(..9)?;
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        let (kind, flags) = (head[3], head[4]);
        let stream = u32::from_be_bytes(head[5..9].try_into().unwrap()) & 0x7fff_ffff;
        let payload = self.unread.get(9..9 + length)?.to_vec();
        self.unread.drain(..9 + length);
        Some(Frame {
            kind,
            flags,
            stream,
            payload,
        })
    }

    /// Reads what is there already, so that neither side waits for the other.
    pub(crate) fn drain(&mut self) {
        let socket = &self.stream.sock;
        let patience = socket.read_timeout().unwrap();
        socket
            .set_read_timeout(Some(Duration::from_millis(1)))
            .unwrap();
        let mut bytes = [0; 16_384];
        while let Ok(count @ 1..) = self.stream.read(&mut bytes) {
            self.sort(&bytes[..count]);
        }
        self.stream.sock.set_read_timeout(patience).unwrap();
    }

    /// What becomes of a request that may take so long.
    pub(crate) fn outcome_within(&mut self, stream: u32, patience: Duration) -> Outcome {
        let socket = &self.stream.sock;
        socket.set_read_timeout(Some(patience)).unwrap();
        self.outcome(stream)
    }

    /// What becomes of a request.
    pub(crate) fn outcome(&mut self, stream: u32) -> Outcome {
        let mut status = 0;
        let mut body = Vec::new();
        while let Some(frame) = self.hear() {
            match frame.kind {
                HEADERS if frame.stream == stream => status = status_of(&frame.payload),
                DATA if frame.stream == stream => body.extend_from_slice(&frame.payload),
                RESET if frame.stream == stream => return Outcome::Reset(code(&frame.payload)),
                GO_AWAY if code(&frame.payload[4..]) != 0 => {
                    return Outcome::Gone(code(&frame.payload[4..]));
                }
                _ => {}
            }
            let is_part = matches!(frame.kind, HEADERS | DATA) && frame.stream == stream;
            if is_part && frame.flags & END_STREAM != 0 {
                return Outcome::Answer(status, String::from_utf8_lossy(&body).into_owned());
            }
        }
        Outcome::Closed
    }

    /// One good request, to see whether the connection is still of use.
    pub(crate) fn get(&mut self, stream: u32, path: &str) -> Outcome {
        self.head(stream, &request("GET", path), END_STREAM)
            .outcome(stream)
    }
}

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = length[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

fn code(payload: &[u8]) -> u32 {
    u32::from_be_bytes(payload[..4].try_into().unwrap())
}

/// The status at the head of a block: from the fixed table, or three digits after its name.
fn status_of(block: &[u8]) -> u16 {
    // Changes of the table's size come first.
    let at = block.iter().position(|b| b & 0xe0 != 0x20).unwrap();
    match block[at] {
        indexed @ 0x88..=0x8e => [200, 204, 206, 304, 400, 404, 500][usize::from(indexed - 0x88)],
        0x08 | 0x18 | 0x48 => digits(&block[at + 1..]),
        other => panic!("a status of another kind: {other:#x}"),
    }
}

/// RFC 7541 §5.2: plain, or in the code of its appendix B, where 0, 1, 2 have five bits and the rest six.
fn digits(text: &[u8]) -> u16 {
    let length = usize::from(text[0] & 0x7f);
    let text_bytes = &text[1..=length];
    if text[0] & 0x80 == 0 {
        return std::str::from_utf8(text_bytes).unwrap().parse().unwrap();
    }
    let bits: Vec<u16> = text_bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |n| u16::from(byte >> n & 1)))
        .collect();
    let number_of = |bits: &[u16]| bits.iter().fold(0, |number, bit| number * 2 + bit);
    let mut at = 0;
    let mut number = 0;
    for _ in 0..3 {
        let five = number_of(&bits[at..at + 5]);
        let (digit, width) = if five < 3 {
            (five, 5)
        } else {
            (number_of(&bits[at..at + 6]) - 22, 6)
        };
        at += width;
        number = number * 10 + digit;
    }
    number
}
