//! The raw head of a request, judged before the HTTP library sees it.
//!
//! Stricter than RFC 9112 wherever two readers could understand the same bytes differently.

use crate::refusal::Refusal;
use memchr::memchr;

/// What a head may measure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeadLimits {
    /// The request target, in bytes.
    pub(crate) target_bytes: usize,
    /// The whole head, in bytes.
    pub(crate) head_bytes: usize,
    /// The number of header fields.
    pub(crate) headers: usize,
}

/// How the body that follows a head is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyFraming {
    /// No body.
    None,
    /// So many bytes.
    Length(u64),
    /// Chunked coding.
    Chunked,
}

/// The methods that are let through at all.
pub(crate) const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

const MAX_CONNECTION_TOKENS: usize = 16;

/// What was seen of a head so far.
#[derive(Default)]
pub(crate) struct Seen<'a> {
    count: usize,
    /// The value of Host.
    pub(crate) host: Option<&'a [u8]>,
    content_length: Option<u64>,
    chunked: bool,
    api_key: bool,
    authorization: bool,
    connection_tokens: usize,
}

/// Judges a complete head, its final empty line included.
pub(crate) fn judge(head: &[u8], limits: HeadLimits) -> Result<BodyFraming, Refusal> {
    // One empty line before the request line is tolerated (RFC 9112 §2.2).
    let head = head.strip_prefix(b"\r\n").unwrap_or(head);
    let (request_line, mut rest) = split_line(head).ok_or(Refusal::RequestLine)?;
    let request = judge_request_line(request_line, limits)?;
    let mut seen = Seen::default();
    while let Some((line, after)) = split_line(rest) {
        rest = after;
        if line.is_empty() {
            break;
        }
        seen.count = seen.count.saturating_add(1);
        if seen.count > limits.headers {
            return Err(Refusal::TooManyHeaders);
        }
        judge_header(line, &mut seen)?;
    }
    conclude(&request, &seen)
}

fn conclude(request: &RequestLine<'_>, seen: &Seen<'_>) -> Result<BodyFraming, Refusal> {
    match (seen.host, request.authority) {
        (None, _) if request.http11 => return Err(Refusal::HostMissing),
        (Some(host), Some(authority)) if !host.eq_ignore_ascii_case(authority) => {
            return Err(Refusal::HostMismatch);
        }
        (None, Some(authority)) => judge_host(authority)?,
        _ => {}
    }
    match (seen.content_length, seen.chunked) {
        (Some(_), true) => Err(Refusal::LengthAndCoding),
        (None, true) if !request.http11 => Err(Refusal::CodingInHttp10),
        (None | Some(0), false) => Ok(BodyFraming::None),
        // A body without meaning (RFC 9110 §9.3.1), which one reader skips and the next takes for a request.
        _ if request.without_body => Err(Refusal::UnexpectedBody),
        (None, true) => Ok(BodyFraming::Chunked),
        (Some(length), false) => Ok(BodyFraming::Length(length)),
    }
}

/// Splits at the first CR LF. The reader has already refused every LF without CR.
fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr(b'\n', bytes)?;
    let line = bytes.get(..end)?.strip_suffix(b"\r")?;
    Some((line, bytes.get(end.saturating_add(1)..)?))
}

struct RequestLine<'a> {
    http11: bool,
    without_body: bool,
    authority: Option<&'a [u8]>,
}

fn judge_request_line(line: &[u8], limits: HeadLimits) -> Result<RequestLine<'_>, Refusal> {
    let method_end = memchr(b' ', line).ok_or(Refusal::RequestLine)?;
    let (method, rest) = line.split_at(method_end);
    let rest = rest.get(1..).unwrap_or_default();
    let target_end = memchr(b' ', rest).ok_or(Refusal::RequestLine)?;
    let (target, version) = rest.split_at(target_end);
    judge_method(method)?;
    if target.len() > limits.target_bytes {
        return Err(Refusal::TargetTooLong);
    }
    let http11 = judge_version(version.get(1..).unwrap_or_default())?;
    if target.is_empty() || !target.iter().copied().all(may_be_in_target) {
        return Err(Refusal::Target);
    }
    Ok(RequestLine {
        http11,
        without_body: matches!(method, b"GET" | b"HEAD"),
        authority: judge_target(target)?,
    })
}

/// One of those that are let through at all.
pub(crate) fn judge_method(method: &[u8]) -> Result<(), Refusal> {
    if METHODS.iter().any(|known| known.as_bytes() == method) {
        Ok(())
    } else if matches!(method, b"TRACE" | b"CONNECT") {
        Err(Refusal::ForbiddenMethod)
    } else if !method.is_empty() && method.iter().copied().all(is_token) {
        Err(Refusal::UnknownMethod)
    } else {
        Err(Refusal::RequestLine)
    }
}

fn judge_version(version: &[u8]) -> Result<bool, Refusal> {
    match version {
        b"HTTP/1.1" => Ok(true),
        b"HTTP/1.0" => Ok(false),
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
            if major.is_ascii_digit() && minor.is_ascii_digit() =>
        {
            Err(Refusal::Version)
        }
        _ => Err(Refusal::RequestLine),
    }
}

/// Visible ASCII without the fragment mark, which never travels in a request, and without what the
/// HTTP library refuses by itself, with an answer that says nothing.
pub(crate) const fn may_be_in_target(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'#' | b'"' | b'<' | b'>' | b'`')
}

/// Origin form, or absolute form; gives the authority of the latter.
fn judge_target(target: &[u8]) -> Result<Option<&[u8]>, Refusal> {
    if target.first() == Some(&b'/') {
        return Ok(None);
    }
    let after = strip_prefix_ignore_case(target, b"http://")
        .or_else(|| strip_prefix_ignore_case(target, b"https://"))
        .ok_or(Refusal::Target)?;
    let end = after
        .iter()
        .position(|b| matches!(b, b'/' | b'?'))
        .unwrap_or(after.len());
    Ok(Some(after.get(..end).unwrap_or_default()))
}

fn strip_prefix_ignore_case<'a>(bytes: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = bytes.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

fn judge_header<'a>(line: &'a [u8], seen: &mut Seen<'a>) -> Result<(), Refusal> {
    let colon = memchr(b':', line).ok_or(Refusal::HeaderLine)?;
    let (name, value) = line.split_at(colon);
    judge_field(name, trim_blanks(value.get(1..).unwrap_or_default()), seen)
}

/// Judges a name and a value without the blanks around it.
pub(crate) fn judge_field<'a>(
    name: &'a [u8],
    value: &'a [u8],
    seen: &mut Seen<'a>,
) -> Result<(), Refusal> {
    judge_name(name)?;
    if value
        .iter()
        .any(|b| (*b < 0x20 && *b != b'\t') || *b == 0x7f)
    {
        return Err(Refusal::HeaderValue);
    }
    // Only these lengths can be a header that matters here: the others cost one comparison.
    match name.len() {
        4 if is(name, "host") => once(&mut seen.host, value).and_then(|()| judge_host(value)),
        6 if is(name, "expect") && !value.eq_ignore_ascii_case(b"100-continue") => {
            Err(Refusal::Expectation)
        }
        9 if is(name, "x-api-key") => flag_once(&mut seen.api_key),
        10 if is(name, "connection") => judge_connection(value, seen),
        13 if is(name, "authorization") => flag_once(&mut seen.authorization),
        14 if is(name, "content-length") => {
            let length = parse_length(value).ok_or(Refusal::ContentLength)?;
            once(&mut seen.content_length, length)
        }
        17 if is(name, "transfer-encoding") => {
            flag_once(&mut seen.chunked)?;
            let known = value.eq_ignore_ascii_case(b"chunked");
            known.then_some(()).ok_or(Refusal::TransferCoding)
        }
        _ => Ok(()),
    }
}

/// Blanks and tabs only: a CR at the end of a value is no blank.
fn trim_blanks(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

fn judge_name(name: &[u8]) -> Result<(), Refusal> {
    if name.is_empty() || !name.iter().copied().all(is_token) {
        Err(Refusal::HeaderLine)
    } else if memchr(b'_', name).is_some() {
        Err(Refusal::HeaderUnderscore)
    } else {
        Ok(())
    }
}

fn is(name: &[u8], lower: &str) -> bool {
    name.eq_ignore_ascii_case(lower.as_bytes())
}

fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), Refusal> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Refusal::DuplicateHeader),
    }
}

fn flag_once(flag: &mut bool) -> Result<(), Refusal> {
    let again = std::mem::replace(flag, true);
    (!again).then_some(()).ok_or(Refusal::DuplicateHeader)
}

fn parse_length(value: &[u8]) -> Option<u64> {
    // u64::MAX has 20 digits; 19 digits never overflow and are more than anybody sends.
    if value.is_empty() || value.len() > 19 || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn judge_connection(value: &[u8], seen: &mut Seen<'_>) -> Result<(), Refusal> {
    for token in value.split(|b| *b == b',') {
        let token = trim_blanks(token);
        seen.connection_tokens = seen.connection_tokens.saturating_add(1);
        if seen.connection_tokens > MAX_CONNECTION_TOKENS || !token.iter().copied().all(is_token) {
            return Err(Refusal::Connection);
        }
    }
    Ok(())
}

/// A name, an IPv4 or a bracketed IPv6 address, then perhaps a port.
pub(crate) fn judge_host(host: &[u8]) -> Result<(), Refusal> {
    let good = if let Some(rest) = host.strip_prefix(b"[") {
        memchr(b']', rest).is_some_and(|end| {
            let (address, after) = rest.split_at(end);
            let hex = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b':' | b'.');
            !address.is_empty() && address.iter().all(hex) && is_port(after.get(1..))
        })
    } else {
        let end = memchr(b':', host).unwrap_or(host.len());
        let (name, port) = host.split_at(end);
        let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
        !name.is_empty() && name.len() <= 255 && name.iter().all(plain) && is_port(Some(port))
    };
    good.then_some(()).ok_or(Refusal::HostMalformed)
}

/// Nothing, or a colon and a number of 16 bits in up to five digits.
fn is_port(after_name: Option<&[u8]>) -> bool {
    match after_name {
        Some([]) => true,
        Some([b':', digits @ ..]) => {
            digits.len() <= 5 && parse_length(digits).is_some_and(|port| port <= 65_535)
        }
        _ => false,
    }
}

/// RFC 9110 §5.6.2.
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

#[cfg(test)]
#[path = "head_tests.rs"]
mod tests;
