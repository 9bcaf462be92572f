//! The ids that follow a request through the house: the request id and the W3C trace context.

use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Builder;

/// The header of the request id, in and out.
pub const REQUEST_ID_HEADER: &str = "x-request-id";
/// The header of the W3C trace context.
pub const TRACEPARENT_HEADER: &str = "traceparent";
/// Longer request ids are replaced: they would only fill logs.
const MAX_REQUEST_ID_LENGTH: usize = 128;

/// A new request id: a UUID version 7, so that ids sort by time.
///
/// Its random part comes from the thread's generator: `Uuid::now_v7` asks the kernel each time, which cost 3 % of a
/// cached answer.
pub fn new_request_id() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let now_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    Builder::from_unix_timestamp_millis(now_ms, &rand::random())
        .into_uuid()
        .to_string()
}

/// Whether a caller's request id may be taken over: 1 to 128 letters, digits, `.`, `_` and `-`.
pub fn is_request_id(id: &[u8]) -> bool {
    (1..=MAX_REQUEST_ID_LENGTH).contains(&id.len())
        && id
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// The trace id of a well-formed `traceparent` (version 00, ids not all zero), as 32 lower-case hex digits.
pub fn trace_id(traceparent: &str) -> Option<&str> {
    let mut parts = traceparent.split('-');
    let (version, trace, span, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let some = |text: &str| text.bytes().any(|b| b != b'0');
    let well_formed = hex(version, 2)
        && version != "ff"
        && (version != "00" || parts.next().is_none())
        && hex(trace, 32)
        && some(trace)
        && hex(span, 16)
        && some(span)
        && hex(flags, 2);
    well_formed.then_some(trace)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn a_well_formed_traceparent_gives_its_trace_id() {
        assert_eq!(
            trace_id(&format!("00-{TRACE}-00f067aa0ba902b7-01")),
            Some(TRACE)
        );
        assert_eq!(
            trace_id(&format!("cc-{TRACE}-00f067aa0ba902b7-01-later")),
            Some(TRACE)
        );
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
        ] {
            assert_eq!(trace_id(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_plain_request_ids_are_taken_over() {
        assert!(is_request_id(new_request_id().as_bytes()));
        assert!(is_request_id(b"job-7.retry_2"));
        for bad in [
            &b""[..],
            b"a b",
            b"a\r\nb",
            "\u{e9}".as_bytes(),
            &[b'a'; 129],
        ] {
            assert!(!is_request_id(bad), "{bad:?}");
        }
    }
}
