#![doc = include_str!("../README.md")]

#[cfg(feature = "actix")]
mod actix;
mod code;

pub use code::Code;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The media type of every body this crate makes (RFC 9457).
pub const CONTENT_TYPE: &str = "application/problem+json";

/// Where the pages about the problem types live.
const TYPE_BASE: &str = "https://motovaultpro.com/problems/";

/// One thing that is wrong with one part of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "actix", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The part, for example `/query/year` or `/body/vin`.
    pub pointer: String,
    /// What is wrong with it, for a person.
    pub detail: String,
}

/// An error answer, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "actix", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A URI that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words; the same for every problem of this kind.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time, for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The id of the request, as in `X-Request-Id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The kind for programs, for example `invalid_parameter`.
    pub code: String,
    /// Each wrong part of the request, when the request was at fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// After how many seconds trying again makes sense; sent as `Retry-After`.
    #[serde(skip)]
    pub retry_after_s: Option<u32>,
    /// What the caller would have to show; sent as `WWW-Authenticate`.
    #[serde(skip)]
    pub challenge: Option<&'static str>,
}

impl Problem {
    /// A problem of a registered kind, with nothing said yet about this occurrence.
    pub fn new(code: Code) -> Self {
        Self {
            kind: format!("{TYPE_BASE}{}", code.slug()),
            title: code.title().to_owned(),
            status: code.status(),
            detail: None,
            instance: None,
            code: code.slug().to_owned(),
            errors: Vec::new(),
            retry_after_s: None,
            challenge: code.challenge(),
        }
    }

    /// Says what happened this time. Written for the client: no internals.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Names one wrong part of the request.
    #[must_use]
    pub fn error(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        self.errors.push(FieldError {
            pointer: pointer.into(),
            detail: detail.into(),
        });
        self
    }

    /// Ties the problem to a request id.
    #[must_use]
    pub fn instance(mut self, request_id: impl Into<String>) -> Self {
        self.instance = Some(request_id.into());
        self
    }

    /// Says after how many seconds to try again.
    #[must_use]
    pub fn retry_after_s(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The body as JSON bytes.
    pub fn to_json(&self) -> Vec<u8> {
        // Strings and numbers only: this cannot fail, and an empty body is still a valid answer.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.code)?;
        self.detail
            .as_ref()
            .map_or(Ok(()), |detail| write!(f, ": {detail}"))
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_says_what_happened_and_leaves_out_what_was_not_said() {
        let problem = Problem::new(Code::InvalidParameter)
            .detail("year must be a model year")
            .error("/query/year", "must be a whole number");
        let body: serde_json::Value = serde_json::from_slice(&problem.to_json()).unwrap();
        assert_eq!(
            body["type"],
            "https://motovaultpro.com/problems/invalid_parameter"
        );
        assert_eq!(body["status"], 422);
        assert_eq!(body["errors"][0]["pointer"], "/query/year");
        assert!(body.get("instance").is_none());
    }

    #[test]
    fn the_error_page_lists_exactly_the_registry() {
        let page = include_str!("../../../docs/ERRORS.md");
        let listed: Vec<_> = page
            .lines()
            .filter(|line| line.starts_with("| `"))
            .collect();
        let expected: Vec<_> = Code::ALL
            .iter()
            .map(|code| {
                format!(
                    "| `{}` | {} | {} |",
                    code.slug(),
                    code.status(),
                    code.title()
                )
            })
            .collect();
        assert_eq!(listed, expected);
    }
}
