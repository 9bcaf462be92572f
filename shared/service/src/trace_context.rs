//! What follows a request through the house: the request id, the W3C trace context, and how long the caller still waits.
//!
//! The gateway and every service keep to the rules written here, so that an id taken over at the door is taken over everywhere.

use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Builder;
use uuid::fmt::Hyphenated;

/// The header of the request id, in and out.
pub const REQUEST_ID_HEADER: &str = "x-request-id";
/// The header of the W3C trace context.
pub const TRACEPARENT_HEADER: &str = "traceparent";
/// The header that says how many milliseconds the sender still waits for the answer.
pub const DEADLINE_HEADER: &str = "x-deadline-ms";

/// A new request id: a UUID version 7, so that ids sort by time.
///
/// Its random part comes from the thread's generator: `Uuid::now_v7` asks the kernel each time, which cost 3 % of a
/// cached answer. It is drawn as one number: an array is drawn byte by byte.
pub fn new_request_id() -> Hyphenated {
    let drawn = rand::random::<u128>().to_ne_bytes();
    let drawn = drawn.first_chunk().copied().unwrap_or_default();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let now_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    Builder::from_unix_timestamp_millis(now_ms, &drawn)
        .into_uuid()
        .hyphenated()
}

/// Whether a caller's request id may be taken over: 8 to 64 letters, digits, `.`, `_` and `-`. Shorter ones do not tell
/// requests apart, longer ones fill logs, and other characters could be taken for more by a log, a shell or a page.
pub fn is_request_id(id: &[u8]) -> bool {
    (8..=64).contains(&id.len())
        && id
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// The trace that a request belongs to, as `traceparent` carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    /// Lower-case hexadecimal digits.
    trace_id: [u8; 32],
    sampled: bool,
}

impl TraceContext {
    /// A new trace that nobody samples.
    pub fn fresh() -> Self {
        // All zeros means "no trace"; the odds of drawing it are 2^-128.
        let mut trace_id = [0_u8; 32];
        encode_hex(&rand::random::<u128>().to_ne_bytes(), &mut trace_id);
        Self {
            trace_id,
            sampled: false,
        }
    }

    /// The trace of a well-formed `traceparent`: `version-traceid-parentid-flags`, of version 00 or of one that only adds
    /// to it, ids not all zero.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let lower_hex = |b: &u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        let field =
            |from: usize, to: usize| value.get(from..to).filter(|f| f.iter().all(lower_hex));
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
        Some(Self {
            trace_id: trace_id.try_into().ok()?,
            sampled: low & 1 == 1,
        })
    }

    /// The trace id as it stands in logs: 32 lower-case hexadecimal digits.
    pub fn trace_id(&self) -> &str {
        str::from_utf8(&self.trace_id).unwrap_or_default()
    }

    /// The header for the next hop, with a new span as parent.
    pub fn traceparent(&self) -> [u8; 55] {
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        if let Some(place) = text.get_mut(3..35) {
            place.copy_from_slice(&self.trace_id);
        }
        if let Some(place) = text.get_mut(36..52) {
            encode_hex(&rand::random::<u64>().to_ne_bytes(), place);
        }
        if let (true, Some(flag)) = (self.sampled, text.last_mut()) {
            *flag = b'1';
        }
        text
    }
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

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn a_trace_goes_on_under_a_new_parent() {
        for (given, flags) in [
            (format!("00-{TRACE}-00f067aa0ba902b7-01"), "01"),
            (format!("00-{TRACE}-00f067aa0ba902b7-00"), "00"),
            (format!("cc-{TRACE}-00f067aa0ba902b7-01-later"), "01"),
        ] {
            let trace = TraceContext::parse(given.as_bytes()).unwrap();
            assert_eq!(trace.trace_id(), TRACE);
            let out = trace.traceparent();
            assert_eq!(TraceContext::parse(&out), Some(trace));
            let out = str::from_utf8(&out).unwrap();
            assert!(out.ends_with(flags) && !out.contains("00f067aa0ba902b7"));
        }
    }

    #[test]
    fn a_malformed_traceparent_gives_none() {
        let zero = "0".repeat(32);
        for bad in [
            "",
            "00",
            &format!("00-{TRACE}-00f067aa0ba902b7"),
            &format!("ff-{TRACE}-00f067aa0ba902b7-01"),
            &format!("00-{zero}-00f067aa0ba902b7-01"),
            &format!("00-{TRACE}-0000000000000000-01"),
            &format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase()),
            &format!("00-{TRACE}-00f067aa0ba902b7-01-more"),
            &format!("cc-{TRACE}-00f067aa0ba902b7-01more"),
        ] {
            assert_eq!(TraceContext::parse(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn a_fresh_trace_is_a_well_formed_one() {
        let trace = TraceContext::fresh();
        assert_eq!(TraceContext::parse(&trace.traceparent()), Some(trace));
        assert_ne!(trace, TraceContext::fresh());
    }

    #[test]
    fn only_plain_request_ids_are_taken_over() {
        let own = new_request_id();
        assert_eq!(own.as_uuid().get_version_num(), 7);
        assert!(is_request_id(own.to_string().as_bytes()));
        assert!(is_request_id(b"job-7.retry_2"));
        for bad in [
            &b""[..],
            b"short",
            b"with blank",
            b"two\r\nlines",
            b"with:colon",
            "\u{e9}t\u{e9} and more".as_bytes(),
            &[b'a'; 65],
        ] {
            assert!(!is_request_id(bad), "{bad:?}");
        }
    }
}
