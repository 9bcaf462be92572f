//! The head of an HTTP/2 request, judged like one of HTTP/1.1 and brought to its form.
//!
//! The library has refused what breaks the protocol itself (RFC 9113 §8): pseudo-headers that are
//! missing, repeated or late, capital letters, headers of a connection.

use crate::head::{HeadLimits, Seen, judge_field, judge_host, judge_method, may_be_in_target};
use crate::refusal::Refusal;
use http::header::{CONTENT_LENGTH, COOKIE, HOST};
use http::request::Parts;
use http::{HeaderValue, Method};

/// So much of a head the library reads, in multiples of what is accepted here. Its own refusal of a larger one has no body.
const READ_FACTOR: u32 = 2;

/// The limit to give the library, which counts 32 bytes more for each header (RFC 9113 §6.5.2).
pub(crate) fn library_limit(limits: HeadLimits) -> u32 {
    let bytes = u32::try_from(limits.head_bytes).unwrap_or(u32::MAX);
    bytes.saturating_mul(READ_FACTOR)
}

/// Judges a head.
pub(crate) fn judge(head: &Parts, has_body: bool, limits: HeadLimits) -> Result<(), Refusal> {
    judge_method(head.method.as_str().as_bytes())?;
    let authority = head.uri.authority().map(|a| a.as_str().as_bytes());
    let target = head.uri.path_and_query().map_or("", |t| t.as_str());
    if target.len() > limits.target_bytes {
        return Err(Refusal::TargetTooLong);
    }
    if !target.starts_with('/') || !target.bytes().all(may_be_in_target) {
        return Err(Refusal::Target);
    }
    let scheme = head.uri.scheme_str();
    if !matches!(scheme, None | Some("http" | "https")) {
        return Err(Refusal::Target);
    }
    if size_of_head(head, target) > limits.head_bytes {
        return Err(Refusal::HeadTooLarge);
    }
    if head.headers.len() > limits.headers {
        return Err(Refusal::TooManyHeaders);
    }
    let mut seen = Seen::default();
    for (name, value) in &head.headers {
        let value = value.as_bytes();
        // RFC 9113 §8.2.1. HTTP/1.1 would lose them, and the upstream would read another value.
        if value.trim_ascii() != value {
            return Err(Refusal::HeaderValue);
        }
        judge_field(name.as_str().as_bytes(), value, &mut seen)?;
    }
    match (authority, seen.host) {
        (None, None) => return Err(Refusal::HostMissing),
        (Some(authority), Some(host)) if !authority.eq_ignore_ascii_case(host) => {
            return Err(Refusal::HostMismatch);
        }
        (Some(authority), _) => judge_host(authority)?,
        (None, Some(_)) => {}
    }
    if has_body && matches!(head.method, Method::GET | Method::HEAD) {
        return Err(Refusal::UnexpectedBody);
    }
    Ok(())
}

/// What the head would measure in HTTP/1.1, its request line and Host included.
fn size_of_head(head: &Parts, target: &str) -> usize {
    let authority = head.uri.authority().map_or("", |a| a.as_str());
    let method = head.method.as_str();
    let fields = head.headers.iter().flat_map(|(name, value)| {
        let blank = ": \r\n".len();
        [name.as_str().len(), value.len(), blank]
    });
    [method, target, "  HTTP/1.1\r\nhost: \r\n\r\n", authority]
        .map(str::len)
        .into_iter()
        .chain(fields)
        .fold(0, usize::saturating_add)
}

/// Gives a judged head the form that it would have had in HTTP/1.1.
pub(crate) fn as_http11(head: &mut Parts) {
    if let Some(authority) = head.uri.authority()
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        head.headers.insert(HOST, host);
    }
    // The body says its own length; an announced 0 of a GET is no body.
    if matches!(head.method, Method::GET | Method::HEAD) {
        head.headers.remove(CONTENT_LENGTH);
    }
    join_cookies(head);
}

/// RFC 9113 §8.2.3: HTTP/2 may split the cookies, HTTP/1.1 has one header of them.
fn join_cookies(head: &mut Parts) {
    let mut crumbs = head.headers.get_all(COOKIE).iter();
    let (Some(first), Some(second)) = (crumbs.next(), crumbs.next()) else {
        return;
    };
    let mut joined = first.as_bytes().to_vec();
    for crumb in std::iter::once(second).chain(crumbs) {
        joined.extend_from_slice(b"; ");
        joined.extend_from_slice(crumb.as_bytes());
    }
    if let Ok(cookie) = HeaderValue::from_bytes(&joined) {
        head.headers.insert(COOKIE, cookie);
    }
}
