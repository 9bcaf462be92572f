//! How long an operation waits: no longer than it may, and than the request that asks has left.

use crate::DbError;
use service::budget;
use std::future::Future;
use std::time::{Duration, Instant};

/// The time of one operation, from the wait for a connection to its last row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    begun: Instant,
    most: Duration,
}

impl Patience {
    /// Begins now.
    pub(crate) fn of(most: Duration) -> Self {
        Self {
            begun: Instant::now(),
            most,
        }
    }

    /// Waits for a part of the operation, `most` of its time at the most.
    pub(crate) async fn wait<T>(
        &self,
        most: Duration,
        part: impl Future<Output = T>,
    ) -> Result<T, DbError> {
        let begun = Instant::now();
        let own = self.most.saturating_sub(begun.duration_since(self.begun));
        let limit = own.min(most);
        // Who gives an operation more time than a request has means it.
        let is_long = self.most > budget::OF_A_REQUEST;
        let Some(left) = budget::left().filter(|_| !is_long) else {
            let answer = tokio::time::timeout(limit, part).await;
            return answer.map_err(|_| DbError::Timeout);
        };
        let answer = tokio::time::timeout(limit.min(left), part).await;
        budget::spend(begun.elapsed());
        answer.map_err(|_| DbError::Timeout)
    }
}
