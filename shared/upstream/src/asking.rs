//! On whose behalf a service is asked, and how long that one waits.

use service::trace_context::{TraceContext, new_request_id};
use std::time::Duration;
use tokio::time::Instant;

/// What goes with a call: the request that it is for, its trace, and its deadline.
#[derive(Debug, Clone)]
pub struct Asking {
    pub(crate) request_id: String,
    pub(crate) trace: TraceContext,
    pub(crate) until: Instant,
}

impl Asking {
    /// For nobody but this process itself.
    pub fn alone(patience: Duration) -> Self {
        Self {
            request_id: new_request_id().to_string(),
            trace: TraceContext::fresh(),
            until: Instant::now() + patience,
        }
    }

    /// For a request. `left_ms` is what its caller says in `X-Deadline-Ms`; the smaller of that and `patience` counts.
    pub fn for_request(
        request_id: &str,
        traceparent: Option<&[u8]>,
        left_ms: Option<u64>,
        patience: Duration,
    ) -> Self {
        let left = left_ms.map_or(patience, |left_ms| {
            patience.min(Duration::from_millis(left_ms))
        });
        Self {
            request_id: request_id.to_owned(),
            trace: traceparent
                .and_then(TraceContext::parse)
                .unwrap_or_else(TraceContext::fresh),
            until: Instant::now() + left,
        }
    }

    /// The same request, waited for differently.
    #[must_use]
    pub(crate) fn within(&self, patience: Duration) -> Self {
        Self {
            until: Instant::now() + patience,
            ..self.clone()
        }
    }

    /// What is left of its time.
    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_smaller_of_two_deadlines_counts() {
        let patience = Duration::from_secs(3);
        let asking = |left_ms| Asking::for_request("0123456789", None, left_ms, patience);
        assert_eq!(asking(None).left(), patience);
        assert_eq!(asking(Some(60_000)).left(), patience);
        assert_eq!(asking(Some(200)).left(), Duration::from_millis(200));
        assert_eq!(asking(Some(0)).left(), Duration::ZERO);
    }
}
