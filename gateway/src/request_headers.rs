//! What happens to the headers of a request between client and upstream.

use crate::trace_context::Trace;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use service::trace_context::{REQUEST_ID_HEADER, TRACEPARENT_HEADER};

/// The API key.
pub(crate) const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// The id of a request, in and out.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static(REQUEST_ID_HEADER);
/// W3C trace context.
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static(TRACEPARENT_HEADER);
/// Milliseconds that the sender still waits for the answer.
pub(crate) const DEADLINE: HeaderName = HeaderName::from_static("x-deadline-ms");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_USER_ID: HeaderName = HeaderName::from_static("x-user-id");
const X_TENANT_ID: HeaderName = HeaderName::from_static("x-tenant-id");
const X_CONSUMER_ID: HeaderName = HeaderName::from_static("x-consumer-id");

/// What the gateway itself says about a request.
#[derive(Debug)]
pub(crate) struct Said<'a> {
    /// The upstream's own host and port.
    pub(crate) upstream_host: &'a HeaderValue,
    /// The client's address.
    pub(crate) client: &'a HeaderValue,
    /// Whether it came by TLS.
    pub(crate) tls: bool,
    /// The id of the request.
    pub(crate) request_id: &'a HeaderValue,
    /// The trace that it belongs to.
    pub(crate) trace: Trace,
    /// Whose key it was.
    pub(crate) consumer: Option<HeaderValue>,
    /// The tenant that the key acts for.
    pub(crate) tenant: Option<HeaderValue>,
    /// Whom its token speaks of.
    pub(crate) user: Option<HeaderValue>,
    /// Whether the upstream gets to see the key.
    pub(crate) forward_key: bool,
    /// Whether the upstream gets to see the token.
    pub(crate) forward_token: bool,
    /// How long the gateway waits for the answer.
    pub(crate) deadline: &'a HeaderValue,
}

/// Turns a client's headers into those that the upstream gets.
pub(crate) fn rewrite(headers: &mut HeaderMap, said: Said<'_>) {
    drop_named_in_connection(headers);
    drop_where(headers, |name| is_unwanted(name, said.forward_key));
    let client_host = headers.insert(header::HOST, said.upstream_host.clone());
    headers.insert(DEADLINE, said.deadline.clone());
    headers.insert(REQUEST_ID, said.request_id.clone());
    headers.insert(TRACEPARENT, said.trace.traceparent());
    if !said.trace.taken_over {
        // A vendor's state of some other trace (W3C Trace Context §3.3).
        headers.remove(TRACESTATE);
    }
    let proto = if said.tls { "https" } else { "http" };
    headers.insert(X_FORWARDED_FOR, said.client.clone());
    headers.insert(X_FORWARDED_PROTO, HeaderValue::from_static(proto));
    if let Some(host) = client_host {
        headers.insert(X_FORWARDED_HOST, host);
    }
    if let Some(consumer) = said.consumer {
        headers.insert(X_CONSUMER_ID, consumer);
    }
    if let Some(tenant) = said.tenant {
        headers.insert(X_TENANT_ID, tenant);
    }
    if let Some(user) = said.user {
        headers.insert(X_USER_ID, user);
    }
    if !said.forward_token {
        headers.remove(header::AUTHORIZATION);
    }
}

/// RFC 9110 §7.6.1: what Connection names is for this hop only.
pub(crate) fn drop_named_in_connection(headers: &mut HeaderMap) {
    // Mostly it is one of these two, which are dropped wherever they stand.
    let is_usual = |token: &[u8]| {
        token.eq_ignore_ascii_case(b"keep-alive") || token.eq_ignore_ascii_case(b"close")
    };
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|b| *b == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|token| !is_usual(token))
        .filter_map(|token| HeaderName::from_bytes(token).ok())
        .filter(|name| *name != header::HOST)
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
fn is_hop_by_hop(name: &str) -> bool {
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
            | "x-deadline-ms"
            | "x-http-method"
            | "x-http-method-override"
            | "x-method-override"
    ) || FAMILIES.iter().any(|family| name.starts_with(family))
}

#[cfg(test)]
#[path = "request_headers_tests.rs"]
mod tests;
