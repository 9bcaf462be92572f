//! Validators in conditional requests (RFC 9110 §13): a list, `*`, weak comparison.

use actix_web::http::header::{HeaderMap, IF_NONE_MATCH};

/// Whether the caller has an answer with this validator already (`If-None-Match`).
pub fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get_all(IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .any(|value| names(value, etag))
}

/// Whether a header's list of validators names this one.
pub fn names(list: &str, etag: &str) -> bool {
    list.split(',').map(str::trim).any(|candidate| {
        candidate == "*" || candidate.strip_prefix("W/").unwrap_or(candidate) == etag
    })
}
