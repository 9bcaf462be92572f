//! What a service answered, and what a test may demand of it.

use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;
use std::time::{Duration, Instant};

/// An answer over HTTP, read to its end.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub text: String,
    /// How long it took, body included.
    pub taken: Duration,
}

impl Answer {
    /// Sends a request and reads what comes.
    pub async fn to(request: RequestBuilder) -> Self {
        let begun = Instant::now();
        let response = request.send().await.unwrap();
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
            taken: begun.elapsed(),
        }
    }

    /// Its body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// A header that must be there.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        let value = value.unwrap_or_else(|| panic!("no {name} in {self:?}"));
        value.to_str().unwrap()
    }

    /// It has this status; its body, null where such an answer has none.
    #[track_caller]
    pub fn is(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if matches!(status, 204 | 304) && self.text.is_empty() {
            return Value::Null;
        }
        self.json()
    }

    /// It is a problem with this status and code.
    #[track_caller]
    pub fn is_problem(&self, status: u16, code: &str) -> Value {
        let problem = self.is(status);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(*problem.get("code").unwrap(), code, "{problem}");
        assert_eq!(
            *problem.get("instance").unwrap(),
            self.header("x-request-id")
        );
        problem
    }

    /// It refuses a part of the request, and names it.
    #[track_caller]
    pub fn names(&self, status: u16, pointer: &str) {
        let problem = self.is(status);
        let errors = problem.get("errors").and_then(Value::as_array);
        let named = errors.is_some_and(|all| {
            all.iter()
                .any(|it| it.get("pointer").is_some_and(|it| it == pointer))
        });
        assert!(named, "{pointer} is not named in {problem}");
    }
}
