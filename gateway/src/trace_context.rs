//! Request ids and W3C trace context: taken over when well formed, made anew otherwise.

use http::{HeaderMap, HeaderValue};
use rand::RngExt;
use std::time::SystemTime;

use crate::request_headers::{REQUEST_ID, TRACEPARENT};

const MAX_REQUEST_ID: usize = 64;

/// The client's request id if it is harmless, else a new `UUIDv7`.
pub(crate) fn request_id(headers: &HeaderMap) -> HeaderValue {
    let mut given = headers.get_all(REQUEST_ID).iter();
    match (given.next(), given.next()) {
        (Some(id), None) if is_request_id(id.as_bytes()) => id.clone(),
        _ => new_request_id(),
    }
}

/// Letters, digits and a few marks: nothing that a log, a shell or a page could take for more.
fn is_request_id(id: &[u8]) -> bool {
    (8..=MAX_REQUEST_ID).contains(&id.len())
        && id
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'))
}

/// A fresh request id.
pub(crate) fn new_request_id() -> HeaderValue {
    let millis = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0));
    let id = uuid::Builder::from_unix_timestamp_millis(millis, &rand::rng().random()).into_uuid();
    let mut text = [0_u8; uuid::fmt::Hyphenated::LENGTH];
    let text = id.hyphenated().encode_lower(&mut text);
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("unknown"))
}

/// The trace that a request belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TraceContext {
    /// 32 hexadecimal digits.
    trace_id: [u8; 32],
    sampled: bool,
}

impl TraceContext {
    /// The client's trace if its header is well formed, else a new one.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut given = headers.get_all(TRACEPARENT).iter();
        match (given.next(), given.next()) {
            (Some(value), None) => parse(value.as_bytes()).unwrap_or_else(Self::new),
            _ => Self::new(),
        }
    }

    fn new() -> Self {
        // All zeros means "no trace"; the odds of drawing it are 2^-128.
        let mut trace_id = [0_u8; 32];
        encode_hex(&rand::rng().random::<[u8; 16]>(), &mut trace_id);
        Self {
            trace_id,
            sampled: false,
        }
    }

    /// The trace id as it stands in logs.
    pub(crate) fn trace_id(&self) -> &[u8; 32] {
        &self.trace_id
    }

    /// The header for the next hop, with a span of the gateway's own as parent.
    pub(crate) fn traceparent(&self) -> HeaderValue {
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        if let Some(place) = text.get_mut(3..35) {
            place.copy_from_slice(&self.trace_id);
        }
        if let Some(place) = text.get_mut(36..52) {
            encode_hex(&rand::rng().random::<[u8; 8]>(), place);
        }
        if let (true, Some(flag)) = (self.sampled, text.last_mut()) {
            *flag = b'1';
        }
        HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static(""))
    }
}

/// `version-traceid-parentid-flags`, of version 00 or of one that only adds to it.
fn parse(value: &[u8]) -> Option<TraceContext> {
    let lower_hex = |b: &u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    let field = |from: usize, to: usize| value.get(from..to).filter(|f| f.iter().all(lower_hex));
    let dash = |at: usize| value.get(at) == Some(&b'-');
    let version = field(0, 2)?;
    let trace_id = field(3, 35)?;
    let parent = field(36, 52)?;
    let flags = field(53, 55)?;
    let zeros = |f: &[u8]| f.iter().all(|b| *b == b'0');
    let ended = match version {
        b"ff" => false,
        b"00" => value.len() == 55,
        _ => value.len() == 55 || dash(55),
    };
    let delimited = dash(2) && dash(35) && dash(52);
    if !ended || !delimited || zeros(trace_id) || zeros(parent) {
        return None;
    }
    let low = flags.get(1).and_then(|b| char::from(*b).to_digit(16))?;
    Some(TraceContext {
        trace_id: trace_id.try_into().ok()?,
        sampled: low & 1 == 1,
    })
}

fn encode_hex(bytes: &[u8], out: &mut [u8]) {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
    for (pair, byte) in out.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 0xf)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: http::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn a_well_formed_request_id_is_kept_and_any_other_replaced() {
        assert_eq!(
            request_id(&with(REQUEST_ID, "order-12345678")),
            "order-12345678"
        );
        for bad in [
            "short",
            "with blank in it",
            "<script>alert(1)</script>",
            &"x".repeat(65),
            "äöüäöüäö",
        ] {
            let id = request_id(&with(REQUEST_ID, bad));
            assert_ne!(id, bad);
            assert_eq!(
                uuid::Uuid::parse_str(id.to_str().unwrap())
                    .unwrap()
                    .get_version_num(),
                7
            );
        }
    }

    #[test]
    fn a_trace_goes_on_under_a_new_parent() {
        let given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let out = TraceContext::of(&with(TRACEPARENT, given)).traceparent();
        let out = out.to_str().unwrap();
        assert!(out.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && out.ends_with("-01"));
        assert!(!out.contains("00f067aa0ba902b7"));
    }

    #[test]
    fn a_malformed_trace_is_replaced() {
        for bad in [
            "",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        ] {
            let out = TraceContext::of(&with(TRACEPARENT, bad)).traceparent();
            assert_eq!(out.len(), 55);
            assert!(
                !out.to_str()
                    .unwrap()
                    .contains("4bf92f3577b34da6a3ce929d0e0e4736"),
                "{bad}"
            );
        }
    }
}
