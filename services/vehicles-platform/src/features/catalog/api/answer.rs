//! An answer with what HTTP caches want to know: validator, lifetime, release.

use crate::features::etl::LiveRelease;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use service::server::validators::is_known;

/// The load of vehicle data that an answer is from: its month and its number, as `2026-10-3`.
pub(super) const DATA_RELEASE: HeaderName = HeaderName::from_static("x-data-release");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// Private, because the caller had to show a key; an hour, so that a new release reaches everybody within one.
const LIFETIME: HeaderValue = HeaderValue::from_static("private, max-age=3600");

/// The answer, or 304 when the caller has it already.
///
/// The validator names the release too, so that a client learns of a new release even where the list is the same.
pub(crate) fn respond(
    request: &HttpRequest,
    release: &LiveRelease,
    body_tag: &str,
    body: Bytes,
) -> HttpResponse {
    let etag = etag(release, body_tag);
    let known = is_known(request.headers(), &etag);
    let mut response = if known {
        HttpResponse::new(StatusCode::NOT_MODIFIED)
    } else {
        let mut response = HttpResponse::with_body(StatusCode::OK, body).map_into_boxed_body();
        response.headers_mut().insert(CONTENT_TYPE, JSON);
        response
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, LIFETIME);
    for (name, text) in [(ETAG, etag), (DATA_RELEASE, release.label.clone())] {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    }
    response
}

/// Put together by hand: formatting is the dearer half of a cached answer.
fn etag(release: &LiveRelease, body_tag: &str) -> String {
    let body_tag = body_tag.trim_matches('"');
    ["\"", &release.label, ".", body_tag, "\""].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::IF_NONE_MATCH;
    use actix_web::test::TestRequest;

    fn status(if_none_match: &str) -> u16 {
        let request = TestRequest::default().insert_header((IF_NONE_MATCH, if_none_match));
        let release = LiveRelease::new(3, "2026-10".to_owned());
        let body = Bytes::from_static(b"{}");
        respond(&request.to_http_request(), &release, "\"abc\"", body)
            .status()
            .as_u16()
    }

    #[test]
    fn a_known_validator_is_enough() {
        for known in [
            "\"2026-10-3.abc\"",
            "W/\"2026-10-3.abc\"",
            "\"x\", \"2026-10-3.abc\"",
            "*",
        ] {
            assert_eq!(status(known), 304, "{known}");
        }
    }

    #[test]
    fn another_release_or_another_body_is_sent() {
        for other in ["\"2026-10-2.abc\"", "\"2026-10-3.abd\"", "abc", ""] {
            assert_eq!(status(other), 200, "{other}");
        }
    }
}
