//! The deliveries that are being sent.

use std::collections::BTreeMap;
use std::future::Future;
use tokio::task::{Id, JoinSet};
use uuid::Uuid;

/// Tasks, each for an endpoint.
#[derive(Default)]
pub(super) struct UnderWay {
    tasks: JoinSet<()>,
    endpoints: BTreeMap<Id, Uuid>,
}

impl UnderWay {
    pub(super) fn add(&mut self, endpoint: Uuid, work: impl Future<Output = ()> + Send + 'static) {
        let id = self.tasks.spawn(work).id();
        self.endpoints.insert(id, endpoint);
    }

    pub(super) fn len(&self) -> i64 {
        i64::try_from(self.tasks.len()).unwrap_or(i64::MAX)
    }

    /// The endpoints that are sent so many at once.
    pub(super) fn busy(&self, most: i64) -> Vec<Uuid> {
        let mut counts: BTreeMap<Uuid, i64> = BTreeMap::new();
        for endpoint in self.endpoints.values() {
            let count = counts.entry(*endpoint).or_default();
            *count = count.saturating_add(1);
        }
        counts.retain(|_, count| *count >= most);
        counts.into_keys().collect()
    }

    /// Waits until one of them is done; for ever where there is none.
    pub(super) async fn one_less(&mut self) {
        let Some(ended) = self.tasks.join_next_with_id().await else {
            return std::future::pending().await;
        };
        let id = match ended {
            Ok((id, ())) => id,
            Err(error) => error.id(),
        };
        self.endpoints.remove(&id);
    }
}
