//! One sending of a question, and what came of it.

use crate::asking::Asking;
use crate::breaker::Verdict;
use bytes::{Bytes, BytesMut};
use reqwest::header::{
    CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, RETRY_AFTER,
};
use reqwest::{Client, Method, StatusCode};
use service::trace_context::{DEADLINE_HEADER, REQUEST_ID_HEADER, TRACEPARENT_HEADER};
use std::time::Duration;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// More than any answer here has.
const LARGEST_BODY_BYTES: usize = 16 * 1024 * 1024;

/// What a service is asked. Asking twice is as good as asking once, whatever the method.
#[derive(Clone)]
pub struct Question {
    method: Method,
    /// Path and query.
    path: String,
    body: Option<Bytes>,
    known: Option<HeaderValue>,
}

impl Question {
    /// A `GET` of a path, with its query.
    pub fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            body: None,
            known: None,
        }
    }

    /// A question that is put in a JSON body, because it should stand in nobody's log.
    pub fn post(path: impl Into<String>, json: impl Into<Bytes>) -> Self {
        Self {
            method: Method::POST,
            body: Some(json.into()),
            ..Self::get(path)
        }
    }

    /// A statement of how something is, in a JSON body.
    pub fn put(path: impl Into<String>, json: impl Into<Bytes>) -> Self {
        Self {
            method: Method::PUT,
            ..Self::post(path, json)
        }
    }

    /// The answer with this validator need not be sent again.
    #[must_use]
    pub fn unless(mut self, etag: Option<&str>) -> Self {
        self.known = etag.and_then(|etag| HeaderValue::from_str(etag).ok());
        self
    }
}

/// What a service answered.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Reply {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// When the service wants to be asked again.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let seconds = self.header(RETRY_AFTER.as_str())?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds))
    }

    /// 4xx is the caller's mistake; 408 and 429 say that the service does not keep up.
    pub(crate) fn verdict(&self) -> Verdict {
        let status = self.status.as_u16();
        if status >= 500 || matches!(status, 408 | 429) {
            Verdict::Bad
        } else {
            Verdict::Good
        }
    }
}

/// Why an attempt brought no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    #[error("no connection could be made")]
    Down,
    #[error("the answer did not come in time")]
    Late,
    #[error("the connection broke, or the answer made no sense")]
    Cut,
}

impl Broken {
    pub(crate) const fn verdict(self) -> Verdict {
        match self {
            Self::Down => Verdict::Refused,
            Self::Late | Self::Cut => Verdict::Bad,
        }
    }

    pub(crate) const fn outcome(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Late => "timeout",
            Self::Cut => "broken",
        }
    }
}

/// Where questions are sent to.
pub(crate) struct Target {
    pub(crate) client: Client,
    pub(crate) url: String,
    pub(crate) key: Option<HeaderValue>,
}

impl Target {
    /// Sends a question once. The time limit is inside, so that who calls learns of every end.
    pub(crate) async fn attempt(
        &self,
        question: &Question,
        asking: &Asking,
        limit: Duration,
    ) -> Result<Reply, Broken> {
        tokio::time::timeout(limit, self.exchange(question, asking, limit))
            .await
            .unwrap_or(Err(Broken::Late))
    }

    async fn exchange(
        &self,
        question: &Question,
        asking: &Asking,
        limit: Duration,
    ) -> Result<Reply, Broken> {
        let url = [self.url.as_str(), &question.path].concat();
        let mut request = self.client.request(question.method.clone(), url);
        if let Some(key) = &self.key {
            request = request.header(API_KEY, key);
        }
        if let Some(known) = &question.known {
            request = request.header(IF_NONE_MATCH, known);
        }
        if let Some(body) = &question.body {
            request = request
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .body(body.clone());
        }
        let left_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        let answer = request
            .header(REQUEST_ID_HEADER, &asking.request_id)
            .header(TRACEPARENT_HEADER, asking.trace.traceparent().as_slice())
            .header(DEADLINE_HEADER, left_ms)
            .send()
            .await;
        let mut answer = answer.map_err(|error| broken(&error))?;
        let mut body = BytesMut::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| broken(&error))? {
            if body.len().saturating_add(piece.len()) > LARGEST_BODY_BYTES {
                return Err(Broken::Cut);
            }
            body.extend_from_slice(&piece);
        }
        Ok(Reply {
            status: answer.status(),
            headers: std::mem::take(answer.headers_mut()),
            body: body.freeze(),
        })
    }
}

fn broken(error: &reqwest::Error) -> Broken {
    if error.is_timeout() {
        Broken::Late
    } else if error.is_connect() {
        Broken::Down
    } else {
        Broken::Cut
    }
}
