//! The head of an HTTP/2 request, judged like one of HTTP/1.1 and brought to its form.
//!
//! The library has refused what breaks the protocol itself (RFC 9113 §8): pseudo-headers that are
//! missing, repeated or late, capital letters, headers of a connection.

use crate::head::{HeadLimits, Seen, judge_field, judge_host, judge_method};
use crate::refusal::Refusal;
use http::header::{CONTENT_LENGTH, COOKIE, HOST};
use http::request::Parts;
use http::{HeaderValue, Method};

/// Judges a head.
pub(crate) fn judge(head: &Parts, has_body: bool, limits: HeadLimits) -> Result<(), Refusal> {
    judge_method(head.method.as_str().as_bytes())?;
    let authority = head.uri.authority().map(|a| a.as_str().as_bytes());
    let target = head.uri.path_and_query().map_or("", |t| t.as_str());
    if target.len() > limits.target_bytes {
        return Err(Refusal::TargetTooLong);
    }
    if !target.starts_with('/') || !target.bytes().all(|b| b.is_ascii_graphic() && b != b'#') {
        return Err(Refusal::Target);
    }
    if head.headers.len() > limits.headers {
        return Err(Refusal::TooManyHeaders);
    }
    let mut seen = Seen::default();
    for (name, value) in &head.headers {
        judge_field(name.as_str().as_bytes(), value.as_bytes(), &mut seen)?;
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
