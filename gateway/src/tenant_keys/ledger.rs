//! What tenants have asked today, by tenant.

use crate::policy::Spent;
use jiff::civil::Date;
use moka::sync::Cache;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Tenants whose counts are kept; whoever falls out is learnt of again from Redis and the platform.
const MOST: u64 = 100_000;
/// A day, and some.
const KEPT: Duration = Duration::from_hours(25);

/// The counts of all tenants.
#[derive(Clone)]
pub(super) struct Ledger(Cache<Uuid, Arc<Spent>>);

impl Default for Ledger {
    fn default() -> Self {
        Self(
            Cache::builder()
                .max_capacity(MOST)
                .time_to_idle(KEPT)
                .build(),
        )
    }
}

impl Ledger {
    /// The count of a tenant, after the platform has said what it knows of a day.
    pub(super) fn learn(&self, tenant: Uuid, day: &str, requests: i64) -> Arc<Spent> {
        let spent = self.0.get_with(tenant, Arc::default);
        // What cannot be understood says nothing.
        if let (Some(day), Ok(requests)) = (days_since_1970(day), u64::try_from(requests)) {
            spent.learn_total(day, requests);
        }
        spent
    }
}

fn days_since_1970(day: &str) -> Option<u32> {
    let day: Date = day.parse().ok()?;
    let since = jiff::civil::date(1970, 1, 1).until(day).ok()?;
    u32::try_from(since.get_days()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_numbered_as_the_clock_numbers_it() {
        assert_eq!(days_since_1970("1970-01-02"), Some(1));
        assert_eq!(days_since_1970("2026-11-21"), Some(20_778));
        assert_eq!(days_since_1970(""), None);
        assert_eq!(days_since_1970("1969-12-31"), None);
    }
}
