//! Answers that are kept: fresh ones are given as they are, old ones rather than none.

use crate::asking::Asking;
use crate::attempt::{Question, Reply};
use crate::call::{Failure, Operation};
use crate::edition::Edition;
use crate::flights::Flights;
use bytes::Bytes;
use cache::{Answer, Cache};
use reqwest::StatusCode;
use std::sync::Arc;
use std::time::Duration;

/// What a flight may take on top of one attempt: a place, a retry after a quick failure.
const MARGIN: Duration = Duration::from_secs(1);

/// Where an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The service, just now.
    Upstream,
    /// What was kept, and is as good.
    Cache,
    /// What was kept, and may be out of date.
    Stale,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The service's own words.
    pub body: Bytes,
    /// The edition of its data, where it named one.
    pub edition: Option<String>,
    /// Where it came from.
    pub source: Source,
    /// How long ago the service said it.
    pub age: Duration,
}

/// No answer.
#[derive(Debug, Clone)]
pub enum NoAnswer {
    /// The service refuses the question; its reply says why.
    Refused(Reply),
    /// The service does not answer, and nothing is kept. Worth asking again after so long.
    Unavailable(Duration),
}

/// The reads of one kind from one service.
#[derive(Clone)]
pub struct Reads {
    inner: Arc<Inner>,
}

struct Inner {
    operation: Operation,
    cache: Cache,
    fresh_for: Duration,
    edition: Arc<Edition>,
    flights: Flights<Result<Reading, NoAnswer>>,
}

impl Reads {
    /// Reads through a cache, which says how long answers are kept at all; for `fresh_for` they are as good as new.
    pub fn new(
        operation: Operation,
        cache: Cache,
        fresh_for: Duration,
        edition: Arc<Edition>,
    ) -> Self {
        let flights = Flights::new(operation.runtime().clone());
        Self {
            inner: Arc::new(Inner {
                operation,
                cache,
                fresh_for,
                edition,
                flights,
            }),
        }
    }

    /// The answer to a question, kept under `key`.
    pub async fn read(
        &self,
        key: &str,
        question: &Question,
        asking: &Asking,
    ) -> Result<Reading, NoAnswer> {
        let key: Arc<str> = key.into();
        let kept = self.inner.cache.find(&key).await;
        let kept = kept.as_deref().and_then(|answer| self.inner.judge(answer));
        match kept {
            Some((reading, Worth::Fresh)) => Ok(reading),
            Some((reading, Worth::Old)) => {
                // One refresh a key, in the background; whether it goes well is the next caller's concern.
                drop(self.fetch(&key, question, asking));
                self.inner.note_stale();
                Ok(reading)
            }
            Some((reading, Worth::Superseded)) => match self.wait(&key, question, asking).await {
                Err(NoAnswer::Unavailable(_)) => {
                    self.inner.note_stale();
                    Ok(reading)
                }
                answer => answer,
            },
            None => {
                let answer = self.wait(&key, question, asking).await;
                if matches!(answer, Err(NoAnswer::Unavailable(_))) {
                    self.inner.operation.upstream().note_fallback("none");
                }
                answer
            }
        }
    }

    /// Waits for the service's answer for as long as the caller does.
    async fn wait(
        &self,
        key: &Arc<str>,
        question: &Question,
        asking: &Asking,
    ) -> Result<Reading, NoAnswer> {
        let landing = self.fetch(key, question, asking);
        match tokio::time::timeout(asking.left(), landing).await {
            Ok(Some(answer)) => answer,
            Ok(None) | Err(_) => Err(NoAnswer::Unavailable(Failure::Late.retry_after())),
        }
    }

    fn fetch(
        &self,
        key: &Arc<str>,
        question: &Question,
        asking: &Asking,
    ) -> crate::flights::Landing<Result<Reading, NoAnswer>> {
        let inner = &self.inner;
        inner.flights.join(key, || {
            let (inner, key, question) = (Arc::clone(inner), Arc::clone(key), question.clone());
            // The answer is for everybody who comes meanwhile, so the first one's deadline does not end it.
            let asking = asking.within(inner.operation.attempt_timeout().saturating_add(MARGIN));
            async move { inner.ask(&key, &question, &asking).await }
        })
    }
}

/// What a kept answer is worth now.
enum Worth {
    Fresh,
    /// Past its time.
    Old,
    /// From an edition that is no longer the service's.
    Superseded,
}

impl Inner {
    fn judge(&self, answer: &Answer) -> Option<(Reading, Worth)> {
        let (edition, body) = open(&answer.body)?;
        let age = answer.age();
        let worth = if self.edition.is_other(edition.as_deref()) {
            Worth::Superseded
        } else if age > self.fresh_for {
            Worth::Old
        } else {
            Worth::Fresh
        };
        let source = match worth {
            Worth::Fresh => Source::Cache,
            Worth::Old | Worth::Superseded => Source::Stale,
        };
        let reading = Reading {
            body,
            edition,
            source,
            age,
        };
        Some((reading, worth))
    }

    async fn ask(
        &self,
        key: &str,
        question: &Question,
        asking: &Asking,
    ) -> Result<Reading, NoAnswer> {
        let reply = self.operation.call(question, asking).await;
        let reply = reply.map_err(|failure| NoAnswer::Unavailable(failure.retry_after()))?;
        self.edition.hear(&reply);
        match reply.status {
            StatusCode::OK => {
                let edition = self.edition.of(&reply).map(str::to_owned);
                self.cache
                    .put(key, pack(edition.as_deref(), &reply.body))
                    .await;
                Ok(Reading {
                    body: reply.body,
                    edition,
                    source: Source::Upstream,
                    age: Duration::ZERO,
                })
            }
            // It is our key that is refused: nothing that the caller could mend.
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                tracing::error!(status = reply.status.as_u16(), "a service refuses our key");
                Err(NoAnswer::Unavailable(Failure::Failed(None).retry_after()))
            }
            _ => Err(NoAnswer::Refused(reply)),
        }
    }

    fn note_stale(&self) {
        self.operation.upstream().note_fallback("stale");
    }
}

/// As it is kept: the edition's name, a line end, the body.
fn pack(edition: Option<&str>, body: &[u8]) -> Vec<u8> {
    [edition.unwrap_or_default().as_bytes(), b"\n", body].concat()
}

/// From what was kept. Anything else under the key is a miss.
fn open(kept: &Bytes) -> Option<(Option<String>, Bytes)> {
    let end = kept.iter().position(|byte| *byte == b'\n')?;
    let edition = str::from_utf8(kept.get(..end)?).ok()?;
    let edition = (!edition.is_empty()).then(|| edition.to_owned());
    Some((edition, kept.slice(end.saturating_add(1)..)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_back() {
        for edition in [Some("2026-10-3"), None] {
            let kept = Bytes::from(pack(edition, b"{\n}"));
            let (again, body) = open(&kept).unwrap();
            assert_eq!((again.as_deref(), &*body), (edition, &b"{\n}"[..]));
        }
        assert!(open(&Bytes::from_static(b"no line end")).is_none());
    }
}
