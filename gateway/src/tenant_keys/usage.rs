//! How often keys are used, told to the platform now and then.

use super::TenantKeys;
use super::platform::Platform;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

const INTERVAL: Duration = Duration::from_secs(10);
/// What the platform takes at once.
const MOST: usize = 1_000;

/// Requests by key that have not been reported.
#[derive(Default)]
pub(super) struct Usage {
    counts: Mutex<HashMap<Arc<str>, u64>>,
}

impl Usage {
    pub(super) fn add(&self, id: &Arc<str>) {
        self.add_many(id, 1);
    }

    fn add_many(&self, id: &Arc<str>, requests: u64) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(id) {
            Some(count) => *count = count.saturating_add(requests),
            None => {
                counts.insert(Arc::clone(id), requests);
            }
        }
    }

    fn take(&self) -> Vec<(Arc<str>, u64)> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.drain().collect()
    }
}

/// Reports as long as anybody uses the keys. What was not taken is reported the next time.
pub(super) async fn report(keys: Weak<TenantKeys>, platform: Platform) {
    let mut ticks = tokio::time::interval(INTERVAL);
    loop {
        ticks.tick().await;
        let Some(keys) = keys.upgrade() else { return };
        report_once(&keys, &platform).await;
    }
}

pub(super) async fn report_once(keys: &TenantKeys, platform: &Platform) {
    for some in keys.usage.take().chunks(MOST) {
        if !platform.report(some).await {
            for (id, requests) in some {
                keys.usage.add_many(id, *requests);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_is_counted_no_more() {
        let usage = Usage::default();
        let id: Arc<str> = "a".into();
        usage.add(&id);
        usage.add_many(&id, 2);
        assert_eq!(usage.take(), [(Arc::clone(&id), 3)]);
        assert!(usage.take().is_empty());
    }
}
