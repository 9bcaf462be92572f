//! What comes in on a connection to an upstream: a head, judged as strictly as a client's, and the body it frames.

use crate::chunked::Chunked;
use crate::request_headers::is_hop_by_hop;
use bytes::{Buf, Bytes, BytesMut};
use http::header::{self, HeaderName, HeaderValue};
use http::{Method, Response, StatusCode};
use httparse::{ParserConfig, Status};
use hyper::ext::ReasonPhrase;
use memchr::memchr;
use std::future::Future;
use std::io;
use std::mem::MaybeUninit;
use std::pin::pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncReadExt};

/// An answer's head may be this large, and have so many fields.
const MAX_HEAD_BYTES: usize = 64 * 1024;
const MAX_FIELDS: usize = 100;
/// So much is read at once; more when more is announced, or while a body fills it.
const LEAST_READ_BYTES: usize = 8 * 1024;
const MOST_READ_BYTES: usize = 128 * 1024;

/// Why there is no head.
#[derive(Debug)]
pub(super) enum NoHead {
    /// The connection was closed or reset before one was complete.
    Closed,
    /// What came is no head, or two readers could understand it differently.
    Broken,
}

/// Where an answer ends.
#[derive(Debug, Clone, Copy)]
enum Rest {
    Length(u64),
    Chunked(Chunked),
    UntilClose,
}

/// The end of an answer.
const NOTHING: Rest = Rest::Length(0);

/// The answer that is being read; its buffer serves every answer of the connection.
#[derive(Debug)]
pub(super) struct Receiving {
    bytes: BytesMut,
    /// How many of them were looked through for the end of a head.
    scanned: usize,
    rest: Rest,
    /// Whether another request may follow.
    lasts: bool,
    next_read: usize,
}

impl Default for Receiving {
    fn default() -> Self {
        Self {
            bytes: BytesMut::new(),
            scanned: 0,
            rest: NOTHING,
            lasts: true,
            next_read: LEAST_READ_BYTES,
        }
    }
}

impl Receiving {
    /// Reads up to the end of a final answer's head.
    pub(super) fn poll_head(
        &mut self,
        mut socket: &mut (impl AsyncRead + Unpin),
        method: &Method,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Response<()>, NoHead>> {
        loop {
            while let Some(end) = self.end_of_head()? {
                let head = self.bytes.split_to(end).freeze();
                self.scanned = 0;
                let response = self.take_head(&head, method).ok_or(NoHead::Broken)?;
                let status = response.status();
                // Others may come before the final answer; nobody asked for them.
                if !status.is_informational() || status == StatusCode::SWITCHING_PROTOCOLS {
                    return Poll::Ready(Ok(response));
                }
            }
            match ready!(self.poll_fill(&mut socket, cx)) {
                Ok(1..) => {}
                Ok(0) | Err(_) => return Poll::Ready(Err(NoHead::Closed)),
            }
        }
    }

    /// Where the head ends, if it is there whole. A line that ends otherwise than by CR LF is refused.
    fn end_of_head(&mut self) -> Result<Option<usize>, NoHead> {
        while let Some(offset) = memchr(b'\n', self.bytes.get(self.scanned..).unwrap_or_default()) {
            let line = self.bytes.get(self.scanned..).unwrap_or_default();
            let line = line.get(..offset).unwrap_or_default();
            let line = line.strip_suffix(b"\r").ok_or(NoHead::Broken)?;
            let is_empty = line.is_empty();
            let is_first = self.scanned == 0;
            self.scanned = self.scanned.saturating_add(offset).saturating_add(1);
            if self.scanned > MAX_HEAD_BYTES || (is_empty && is_first) {
                return Err(NoHead::Broken);
            }
            if is_empty {
                return Ok(Some(self.scanned));
            }
        }
        // `scanned` stays at the start of a line that is not complete.
        if self.bytes.len() > MAX_HEAD_BYTES {
            return Err(NoHead::Broken);
        }
        Ok(None)
    }

    /// Reads a whole head, and what it says about the body and the connection.
    fn take_head(&mut self, head: &Bytes, method: &Method) -> Option<Response<()>> {
        let mut fields = [const { MaybeUninit::uninit() }; MAX_FIELDS];
        let mut parsed = httparse::Response::new(&mut []);
        let status = ParserConfig::default().parse_response_with_uninit_headers(
            &mut parsed,
            head,
            &mut fields,
        );
        if status.ok()? != Status::Complete(head.len()) {
            return None;
        }
        let is_http11 = parsed.version? == 1;
        let mut response = Response::new(());
        let status = StatusCode::from_u16(parsed.code?).ok()?;
        *response.status_mut() = status;
        if let Some(reason) = parsed
            .reason
            .filter(|it| !it.is_empty() && Some(*it) != status.canonical_reason())
            && let Ok(reason) = ReasonPhrase::try_from(reason.as_bytes())
        {
            response.extensions_mut().insert(reason);
        }
        let is_switch = status == StatusCode::SWITCHING_PROTOCOLS;
        let mut said = Said::default();
        let headers = response.headers_mut();
        headers.reserve(parsed.headers.len());
        for field in parsed.headers.iter() {
            let name = HeaderName::from_bytes(field.name.as_bytes()).ok()?;
            let value = HeaderValue::from_maybe_shared(head.slice_ref(field.value)).ok()?;
            said.note(&name, &value)?;
            // RFC 9110 §7.6.1: what is for this hop ends here, unless the next one asked to switch too.
            if is_switch || !is_hop_by_hop(name.as_str()) {
                headers.append(name, value);
            }
        }
        for name in said.named.iter().filter(|_| !is_switch) {
            headers.remove(name);
        }
        let is_bare = *method == Method::HEAD
            || status.is_informational()
            || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        self.rest = match (said.length, said.chunked) {
            (Some(_), true) => return None,
            (None, true) if !is_http11 => return None,
            _ if is_bare => NOTHING,
            (None, true) => Rest::Chunked(Chunked::default()),
            (Some(length), false) => Rest::Length(length),
            (None, false) => Rest::UntilClose,
        };
        let is_delimited = !matches!(self.rest, Rest::UntilClose);
        self.lasts = is_http11 && is_delimited && !said.closes && !is_switch;
        let announced = usize::try_from(self.length().unwrap_or_default()).unwrap_or(usize::MAX);
        self.next_read = announced.clamp(LEAST_READ_BYTES, MOST_READ_BYTES);
        Some(response)
    }
}

/// What a head says about the body and the connection.
#[derive(Default)]
struct Said {
    length: Option<u64>,
    chunked: bool,
    closes: bool,
    /// What else Connection names. Mostly nothing, and a list of nothing takes no memory.
    named: Vec<HeaderName>,
}

impl Said {
    /// `None` where two readers could differ: two lengths or codings, or one that is no plain one.
    fn note(&mut self, name: &HeaderName, value: &HeaderValue) -> Option<()> {
        match *name {
            header::CONTENT_LENGTH => {
                let length = parse_length(value.as_bytes())?;
                self.length.replace(length).is_none().then_some(())
            }
            header::TRANSFER_ENCODING => {
                let known = value.as_bytes().eq_ignore_ascii_case(b"chunked");
                let again = std::mem::replace(&mut self.chunked, true);
                (known && !again).then_some(())
            }
            header::CONNECTION => {
                for token in value.as_bytes().split(|byte| *byte == b',') {
                    let token = token.trim_ascii();
                    if token.eq_ignore_ascii_case(b"close") {
                        self.closes = true;
                    } else if !token.eq_ignore_ascii_case(b"keep-alive") {
                        self.named.extend(HeaderName::from_bytes(token));
                    }
                }
                Some(())
            }
            _ => Some(()),
        }
    }
}

/// The body of the answer.
impl Receiving {
    /// Whether the whole answer has come.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.rest, Rest::Length(0))
    }

    /// Whether the connection is good for another request.
    pub(super) fn may_follow(&self) -> bool {
        self.is_over() && self.lasts && self.bytes.is_empty()
    }

    /// Gives back the room that a large body took.
    pub(super) fn rest(&mut self) {
        if self.next_read > LEAST_READ_BYTES {
            self.bytes = BytesMut::new();
            self.next_read = LEAST_READ_BYTES;
        }
    }

    /// How much of the body is to come, if that is known.
    pub(super) fn length(&self) -> Option<u64> {
        match self.rest {
            Rest::Length(left) => Some(left),
            Rest::Chunked(_) | Rest::UntilClose => None,
        }
    }

    /// What came and belongs to no answer.
    pub(super) fn into_unread(self) -> Bytes {
        self.bytes.freeze()
    }

    /// The next piece of the body; `None` at its end.
    pub(super) fn poll_piece(
        &mut self,
        mut socket: &mut (impl AsyncRead + Unpin),
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            if self.is_over() {
                return Poll::Ready(None);
            }
            if !self.bytes.is_empty()
                && let Some(piece) = self.take_piece().transpose()
            {
                return Poll::Ready(Some(piece));
            }
            if self.is_over() {
                return Poll::Ready(None);
            }
            match ready!(self.poll_fill(&mut socket, cx)) {
                Ok(1..) => {}
                Ok(0) if matches!(self.rest, Rest::UntilClose) => self.rest = NOTHING,
                Ok(0) => return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into()))),
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
    }

    /// What is there of the body; nothing when it was only framing.
    fn take_piece(&mut self) -> io::Result<Option<Bytes>> {
        let here = self.bytes.len();
        let count = match &mut self.rest {
            Rest::UntilClose => here,
            Rest::Length(left) => {
                let count = here.min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left = left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
                count
            }
            Rest::Chunked(chunked) => {
                let run = chunked
                    .run(&self.bytes)
                    .map_err(|_| io::ErrorKind::InvalidData)?;
                self.bytes.advance(run.framing);
                if run.ended {
                    self.rest = NOTHING;
                }
                run.data
            }
        };
        Ok((count > 0).then(|| self.bytes.split_to(count).freeze()))
    }

    /// Reads what has come; more at once when there was more than the last read could take.
    fn poll_fill(
        &mut self,
        socket: &mut (impl AsyncRead + Unpin),
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        // Gives back the room of pieces that have gone on.
        self.bytes.reserve(self.next_read);
        let room = self.bytes.capacity().saturating_sub(self.bytes.len());
        let count = ready!(pin!(socket.read_buf(&mut self.bytes)).poll(cx))?;
        if count == room {
            self.next_read = self.next_read.saturating_mul(2).min(MOST_READ_BYTES);
        }
        Poll::Ready(Ok(count))
    }
}

/// Digits only: a sign or a list is read differently by different readers.
fn parse_length(value: &[u8]) -> Option<u64> {
    let plain = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    plain.then(|| str::from_utf8(value).ok()?.parse().ok())?
}

#[cfg(test)]
#[path = "receiving_tests.rs"]
mod tests;
