//! Which answers are compressed, and what their heads say then.

use super::cors::vary;
use http::StatusCode;
use http::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_TYPE, ETAG, HeaderMap, HeaderValue,
};

/// Less than this becomes hardly smaller, and takes one packet either way.
const MIN_BYTES: u64 = 1024;

/// Whether the client takes gzip (RFC 9110 §12.5.3).
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let mut named = None;
    let mut any = false;
    for value in headers.get_all(ACCEPT_ENCODING) {
        for item in value.as_bytes().split(|b| *b == b',') {
            let (coding, weight) = match item.iter().position(|b| *b == b';') {
                Some(at) => item.split_at(at),
                None => (item, b"".as_slice()),
            };
            let coding = coding.trim_ascii();
            let wanted = !is_zero(weight);
            if coding.eq_ignore_ascii_case(b"gzip") || coding.eq_ignore_ascii_case(b"x-gzip") {
                named = Some(wanted);
            } else if coding == b"*" {
                any = wanted;
            }
        }
    }
    named.unwrap_or(any)
}

/// A weight of 0, however it is written: the client does not want it.
fn is_zero(weight: &[u8]) -> bool {
    let mut digits = weight
        .iter()
        .skip_while(|b| **b != b'=')
        .skip(1)
        .filter(|b| !b.is_ascii_whitespace())
        .peekable();
    digits.peek().is_some() && digits.all(|b| matches!(b, b'0' | b'.'))
}

/// Whether this answer is to be compressed; if so its head says so from now on.
pub(crate) fn prepare(status: StatusCode, headers: &mut HeaderMap, client_takes_it: bool) -> bool {
    if !is_worth_it(status, headers) {
        return false;
    }
    vary(headers, HeaderValue::from_static("Accept-Encoding"));
    if !client_takes_it {
        return false;
    }
    headers.remove(CONTENT_LENGTH);
    headers.remove(ACCEPT_RANGES);
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    weaken(headers);
    true
}

fn is_worth_it(status: StatusCode, headers: &HeaderMap) -> bool {
    let no_transform = headers.get_all(CACHE_CONTROL).iter().any(|value| {
        let mut rules = value
            .as_bytes()
            .split(|b| *b == b',')
            .map(<[u8]>::trim_ascii);
        rules.any(|rule| rule.eq_ignore_ascii_case(b"no-transform"))
    });
    let bodiless = status.is_informational()
        || matches!(
            status,
            StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED | StatusCode::PARTIAL_CONTENT
        );
    let length = headers.get(CONTENT_LENGTH).map(|length| {
        let length = length.to_str().ok().and_then(|text| text.parse().ok());
        length.unwrap_or(0_u64)
    });
    // What speaks of these very bytes would no longer be true.
    let bound = ["content-digest", "digest", "content-md5"];
    !bodiless
        && !no_transform
        && length.is_none_or(|length| length >= MIN_BYTES)
        && !headers.contains_key(CONTENT_ENCODING)
        && !headers.contains_key(CONTENT_RANGE)
        && !bound.iter().any(|name| headers.contains_key(*name))
        && headers.get(CONTENT_TYPE).is_some_and(is_text)
}

/// Texts and their kin. Events are not: they are to arrive one by one.
fn is_text(content_type: &HeaderValue) -> bool {
    let bytes = content_type.as_bytes();
    let end = bytes.iter().position(|b| *b == b';').unwrap_or(bytes.len());
    let kind = bytes.get(..end).unwrap_or_default().trim_ascii();
    let kind = kind.to_ascii_lowercase();
    match kind.as_slice() {
        b"text/event-stream" => false,
        b"application/json"
        | b"application/javascript"
        | b"application/xml"
        | b"application/x-ndjson"
        | b"application/wasm"
        | b"image/svg+xml" => true,
        other => {
            other.starts_with(b"text/") || other.ends_with(b"+json") || other.ends_with(b"+xml")
        }
    }
}

/// The compressed answer is not the same bytes (RFC 9110 §8.8.1).
fn weaken(headers: &mut HeaderMap) {
    let Some(tag) = headers
        .get(ETAG)
        .filter(|tag| !tag.as_bytes().starts_with(b"W/"))
    else {
        return;
    };
    let weak = [b"W/", tag.as_bytes()].concat();
    if let Ok(weak) = HeaderValue::from_bytes(&weak) {
        headers.insert(ETAG, weak);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_used_when_the_client_wants_it() {
        for (value, expected) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("*", true),
            ("gzip;q=0", false),
            ("gzip; q=0.000, *", false),
            ("*;q=0", false),
            ("br", false),
            ("identity", false),
            ("gzipped", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(value));
            assert_eq!(accepts_gzip(&headers), expected, "{value}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }
}
