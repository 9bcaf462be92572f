//! Validators in conditional requests (RFC 9110 §13): a list, `*`, weak comparison; versions as validators.

use actix_web::http::header::{HeaderMap, IF_MATCH, IF_NONE_MATCH};
use problem::{Code, Problem};

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

/// A version as a strong validator.
pub fn version_tag(version: i64) -> String {
    format!("\"{version}\"")
}

/// Whether the caller has read this version and means to change it (`If-Match`).
pub fn expect_version(headers: &HeaderMap, version: i64) -> Result<(), Problem> {
    let Some(value) = headers.get(IF_MATCH) else {
        return Err(Problem::new(Code::PreconditionRequired)
            .detail("Send the ETag that you read in If-Match.")
            .error("/header/If-Match", "is missing"));
    };
    if names(value.to_str().unwrap_or_default(), &version_tag(version)) {
        return Ok(());
    }
    Err(outdated(version))
}

/// What a writer is told who has read an older version than this one.
pub fn outdated(version: i64) -> Problem {
    Problem::new(Code::PreconditionFailed)
        .detail(format!(
            "The present version is {version}; read it and try again."
        ))
        .error("/header/If-Match", "is not the present version")
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn asked(if_match: Option<&'static str>) -> Result<(), Problem> {
        let mut headers = HeaderMap::new();
        if let Some(value) = if_match {
            headers.insert(IF_MATCH, HeaderValue::from_static(value));
        }
        expect_version(&headers, 7)
    }

    #[test]
    fn a_writer_must_have_seen_the_present_version() {
        assert!(asked(Some("\"7\"")).is_ok());
        assert!(asked(Some("\"6\", \"7\"")).is_ok());
        assert!(asked(Some("*")).is_ok());
        for (sent, status) in [(Some("\"6\""), 412), (Some("7"), 412), (None, 428)] {
            assert_eq!(asked(sent).unwrap_err().status, status, "{sent:?}");
        }
    }
}
