//! What happens to the headers of a request between client and upstream.

use crate::trace_context::Trace;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use service::trace_context::{DEADLINE_HEADER, REQUEST_ID_HEADER, TRACEPARENT_HEADER};
use std::time::Duration;

/// The API key.
pub(crate) const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// The id of a request, in and out.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static(REQUEST_ID_HEADER);
/// W3C trace context.
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static(TRACEPARENT_HEADER);

/// What the gateway itself says about a request.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is decided by something else"
)]
pub(crate) struct Said<'a> {
    /// The client's address.
    pub(crate) client: &'a HeaderValue,
    /// Whether it came by TLS.
    pub(crate) tls: bool,
    /// The id of the request.
    pub(crate) request_id: &'a HeaderValue,
    /// The trace that it belongs to.
    pub(crate) trace: Trace,
    /// Whose key it was.
    pub(crate) consumer: Option<&'a str>,
    /// The tenant that the key acts for.
    pub(crate) tenant: Option<&'a HeaderValue>,
    /// Whom its token speaks of.
    pub(crate) user: Option<&'a str>,
    /// Whether the upstream gets to see the key.
    pub(crate) forward_key: bool,
    /// Whether the upstream gets to see the token.
    pub(crate) forward_token: bool,
    /// Whether the upstream gets to see which tenant the client means.
    pub(crate) forward_tenant: bool,
    /// Whether it asks for a `WebSocket`.
    pub(crate) websocket: bool,
}

impl Said<'_> {
    /// Whether a client's header goes on to the upstream. What the gateway says itself does not.
    fn lets_pass(&self, name: &str) -> bool {
        match name {
            "host" | TRACEPARENT_HEADER => false,
            // A vendor's state of some other trace (W3C Trace Context §3.3).
            "tracestate" => self.trace.taken_over,
            "authorization" => self.forward_token,
            // The upstream asks itself whether the caller belongs there; who has a key belongs to its tenant.
            "x-tenant-id" => self.forward_tenant && self.tenant.is_none(),
            _ => !is_unwanted(name, self.forward_key),
        }
    }
}

/// Writes the headers that an upstream gets, which is called this and has so long to answer: the client's own,
/// as far as they go on, and the gateway's word.
pub(crate) fn write_fields(
    client: &HeaderMap,
    said: &Said<'_>,
    host: &HeaderValue,
    left: Duration,
    text: &mut Vec<u8>,
) {
    put(text, "host", host.as_bytes());
    let named = named_in_connection(client);
    let is_named = |name: &str| {
        let mut tokens = named.iter();
        tokens.any(|token| token.eq_ignore_ascii_case(name.as_bytes()))
    };
    for (name, value) in client {
        let name = name.as_str();
        if said.lets_pass(name) && !is_named(name) {
            put(text, name, value.as_bytes());
        }
    }
    let left_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
    let mut digits = itoa::Buffer::new();
    put(text, DEADLINE_HEADER, digits.format(left_ms).as_bytes());
    put(text, REQUEST_ID_HEADER, said.request_id.as_bytes());
    put(text, TRACEPARENT_HEADER, &said.trace.context.traceparent());
    put(text, "x-forwarded-for", said.client.as_bytes());
    let proto = if said.tls { "https" } else { "http" };
    put(text, "x-forwarded-proto", proto.as_bytes());
    if let Some(host) = client.get(header::HOST) {
        put(text, "x-forwarded-host", host.as_bytes());
    }
    if let Some(consumer) = said.consumer.filter(|it| is_plain(it)) {
        put(text, "x-consumer-id", consumer.as_bytes());
    }
    if let Some(tenant) = said.tenant {
        put(text, "x-tenant-id", tenant.as_bytes());
    }
    if let Some(user) = said.user.filter(|it| is_plain(it)) {
        put(text, "x-user-id", user.as_bytes());
    }
    if said.websocket {
        put(text, "connection", b"upgrade");
        put(text, "upgrade", b"websocket");
    }
}

fn put(text: &mut Vec<u8>, name: &str, value: &[u8]) {
    text.reserve(name.len().saturating_add(value.len()).saturating_add(4));
    text.extend_from_slice(name.as_bytes());
    text.extend_from_slice(b": ");
    text.extend_from_slice(value);
    text.extend_from_slice(b"\r\n");
}

/// Whether a name can stand in a header: one with a line end would be two.
fn is_plain(name: &str) -> bool {
    name.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// RFC 9110 §7.6.1: what Connection names is for this hop only, except what every hop needs.
fn named_in_connection(headers: &HeaderMap) -> Vec<&[u8]> {
    // Mostly it is one of these two, which are dropped wherever they stand.
    let is_usual = |token: &[u8]| {
        token.eq_ignore_ascii_case(b"keep-alive") || token.eq_ignore_ascii_case(b"close")
    };
    headers
        .get_all(header::CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|b| *b == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|token| !is_usual(token) && !token.eq_ignore_ascii_case(b"host"))
        .collect()
}

/// RFC 9110 §7.6.1: what Connection names is for this hop only.
pub(crate) fn drop_named_in_connection(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = named_in_connection(headers)
        .into_iter()
        .filter_map(|token| HeaderName::from_bytes(token).ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
}

/// RFC 9110 §7.6.1: what is for this hop by its name.
pub(crate) fn drop_hop_by_hop(headers: &mut HeaderMap) {
    drop_where(headers, is_hop_by_hop);
}

/// Going through the few headers there are is cheaper than asking for each of two dozen names.
fn drop_where(headers: &mut HeaderMap, is_unwanted: impl Fn(&str) -> bool) {
    let is_unwanted = |name: &&HeaderName| is_unwanted(name.as_str());
    let Some(first) = headers.keys().find(is_unwanted).cloned() else {
        return;
    };
    headers.remove(first);
    // Mostly it was the only one, and a list of none takes no memory.
    let others: Vec<HeaderName> = headers.keys().filter(is_unwanted).cloned().collect();
    for name in others {
        headers.remove(name);
    }
}

fn is_unwanted(name: &str, forward_key: bool) -> bool {
    match name.as_bytes().first() {
        Some(b'x') => is_spoofable(name) || (name == "x-api-key" && !forward_key),
        _ => is_hop_by_hop(name) || matches!(name, "expect" | "forwarded" | "content-length"),
    }
}

/// RFC 9110 §7.6.1 and what older servers added to it.
pub(crate) fn is_hop_by_hop(name: &str) -> bool {
    matches!(
        name,
        "connection"
            | "close"
            | "keep-alive"
            | "proxy-connection"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
            | "http2-settings"
    )
}

/// What upstreams believe because only the gateway may say it, and what rewrites a request.
fn is_spoofable(name: &str) -> bool {
    const FAMILIES: [&str; 6] = [
        "x-forwarded-",
        "x-original-",
        "x-mvp-",
        "x-user-",
        "x-tenant-",
        "x-consumer-",
    ];
    matches!(
        name,
        "x-request-id"
            | "x-scopes"
            | "x-real-ip"
            | "x-client-ip"
            | "x-cluster-client-ip"
            | "x-forwarded"
            | "x-rewrite-url"
            | "x-request-deadline"
            | DEADLINE_HEADER
            | "x-http-method"
            | "x-http-method-override"
            | "x-method-override"
    ) || FAMILIES.iter().any(|family| name.starts_with(family))
}

#[cfg(test)]
#[path = "request_headers_tests.rs"]
mod tests;
