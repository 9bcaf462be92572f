//! Versions as validators: what a reader saw, and whether a writer has seen it.

use actix_web::http::header::{HeaderMap, IF_MATCH};
use fault::Fault;
use problem::{Code, Problem};
use service::server::validators::names;

/// A version as a strong validator.
pub(crate) fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// Whether the caller has read this version and means to change it.
pub(crate) fn expect(headers: &HeaderMap, version: i64) -> Result<(), Fault> {
    let Some(value) = headers.get(IF_MATCH) else {
        return Err(Problem::new(Code::PreconditionRequired)
            .detail("Send the ETag that you read in If-Match.")
            .error("/header/If-Match", "is missing")
            .into());
    };
    if names(value.to_str().unwrap_or_default(), &etag(version)) {
        return Ok(());
    }
    Err(Problem::new(Code::PreconditionFailed)
        .detail(format!(
            "The present version is {version}; read it and try again."
        ))
        .error("/header/If-Match", "is not the present version")
        .into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn asked(if_match: Option<&'static str>) -> Result<(), Fault> {
        let mut headers = HeaderMap::new();
        if let Some(value) = if_match {
            headers.insert(IF_MATCH, HeaderValue::from_static(value));
        }
        expect(&headers, 7)
    }

    #[test]
    fn a_writer_must_have_seen_the_present_version() {
        assert!(asked(Some("\"7\"")).is_ok());
        assert!(asked(Some("\"6\", \"7\"")).is_ok());
        assert!(asked(Some("*")).is_ok());
        for (sent, status) in [(Some("\"6\""), 412), (Some("7"), 412), (None, 428)] {
            let Err(Fault::Refused(problem)) = asked(sent) else {
                panic!("{sent:?} was accepted");
            };
            assert_eq!(problem.status, status);
        }
    }
}
