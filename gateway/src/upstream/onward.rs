//! A request as an upstream gets it: written straight from the client's headers, once for each sending.

use crate::request_body::RequestBody;
use crate::request_headers::{Said, write_fields};
use http::{HeaderMap, HeaderValue, Method};
use http_body::Body;
use std::time::Duration;

/// A request on its way to an upstream. Only the bytes that are sent are made for each sending.
pub(crate) struct Onward<'a> {
    /// Its method.
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) target: String,
    /// What the client said; not all of it goes on.
    pub(crate) headers: HeaderMap,
    /// What the gateway says.
    pub(crate) said: Said<'a>,
    /// Its body, until it is sent.
    pub(crate) body: RequestBody,
}

/// How the body that follows a head is framed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Framing {
    /// There is none.
    #[default]
    None,
    /// So many bytes.
    Length(u64),
    /// Chunked coding.
    Chunked,
}

impl Onward<'_> {
    /// How its body is framed: with its length, if that is known.
    pub(super) fn framing(&self) -> Framing {
        match (self.body.is_none(), self.body.size_hint().exact()) {
            (true, _) => Framing::None,
            (false, Some(length)) => Framing::Length(length),
            (false, None) => Framing::Chunked,
        }
    }

    /// Writes the head for this instance, which has so long to answer.
    pub(super) fn write_head(&self, host: &HeaderValue, left: Duration, text: &mut Vec<u8>) {
        for part in [self.method.as_str(), " ", &self.target, " HTTP/1.1\r\n"] {
            text.extend_from_slice(part.as_bytes());
        }
        write_fields(&self.headers, &self.said, host, left, text);
        match self.framing() {
            Framing::None => {}
            Framing::Length(length) => {
                text.extend_from_slice(b"content-length: ");
                text.extend_from_slice(itoa::Buffer::new().format(length).as_bytes());
                text.extend_from_slice(b"\r\n");
            }
            Framing::Chunked => text.extend_from_slice(b"transfer-encoding: chunked\r\n"),
        }
        text.extend_from_slice(b"\r\n");
    }
}
