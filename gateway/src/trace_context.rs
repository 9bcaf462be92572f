//! Request ids and W3C trace context: taken over when well formed, made anew otherwise. The rules are `service`'s.

use crate::request_headers::{REQUEST_ID, TRACEPARENT};
use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};
use service::trace_context::{TraceContext, is_request_id, new_request_id};

/// The client's request id if it is harmless, else a new `UUIDv7`.
pub(crate) fn request_id(headers: &HeaderMap) -> HeaderValue {
    match only(headers, &REQUEST_ID) {
        Some(id) if is_request_id(id.as_bytes()) => id.clone(),
        _ => fresh_request_id(),
    }
}

fn fresh_request_id() -> HeaderValue {
    let mut text = [0_u8; uuid::fmt::Hyphenated::LENGTH];
    let text = new_request_id().encode_lower(&mut text);
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("unknown"))
}

/// The trace that a request belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trace {
    /// What logs and the next hop get.
    pub(crate) context: TraceContext,
    /// Whether it is the client's, so that its `tracestate` belongs to it.
    pub(crate) taken_over: bool,
}

impl Trace {
    /// The client's trace if its header is well formed, else a new one.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let given = only(headers, &TRACEPARENT).and_then(|it| TraceContext::parse(it.as_bytes()));
        Self {
            context: given.unwrap_or_else(TraceContext::fresh),
            taken_over: given.is_some(),
        }
    }
}

/// The value of a header that came exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut given = headers.get_all(name).iter();
    match (given.next(), given.next()) {
        (Some(value), None) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &HeaderName, values: &[&str]) -> HeaderMap {
        let value = |value: &&str| (name.clone(), HeaderValue::from_str(value).unwrap());
        values.iter().map(value).collect()
    }

    #[test]
    fn a_well_formed_request_id_is_kept_and_any_other_replaced() {
        let given = request_id(&with(&REQUEST_ID, &["order-12345678"]));
        assert_eq!(given, "order-12345678");
        for bad in [
            &["<script>alert(1)</script>"][..],
            &["with:a:colon"],
            &["order-12345678", "order-12345678"],
            &[],
        ] {
            let id = request_id(&with(&REQUEST_ID, bad));
            let id = uuid::Uuid::parse_str(id.to_str().unwrap()).unwrap();
            assert_eq!(id.get_version_num(), 7, "{bad:?}");
        }
    }

    #[test]
    fn a_trace_is_taken_over_only_when_it_is_one() {
        let given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let trace = Trace::of(&with(&TRACEPARENT, &[given]));
        assert!(trace.taken_over);
        assert_eq!(trace.context.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        for bad in [&["00-nothing"][..], &[given, given], &[]] {
            let trace = Trace::of(&with(&TRACEPARENT, bad));
            assert!(!trace.taken_over, "{bad:?}");
            assert_ne!(
                trace.context,
                Trace::of(&HeaderMap::new()).context,
                "a new one"
            );
        }
    }
}
