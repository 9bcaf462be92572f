//! What a tenant has asked on a day, as far as this gateway knows.

use std::sync::{Mutex, PoisonError};

/// Requests of a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct DayCount {
    /// Let through here.
    pub(crate) own: u64,
    /// Let through by other gateways, or by this one before it was restarted.
    pub(crate) others: u64,
}

/// The count of the day that is today. It outlives what is kept of the tenant's keys.
#[derive(Debug, Default)]
pub(crate) struct Spent {
    today: Mutex<(u32, DayCount)>,
}

impl Spent {
    /// What is known of a day.
    pub(super) fn of(&self, day: u32) -> DayCount {
        self.with(day, |count| *count)
    }

    /// Redis has said what it knows: what this gateway has let through is among it, or known here.
    pub(super) fn learn(&self, day: u32, told: DayCount) {
        self.with(day, |count| {
            count.own = count.own.max(told.own);
            count.others = count.others.max(told.others);
        });
    }

    /// The platform has counted so many of a day, of which some are this gateway's.
    pub(crate) fn learn_total(&self, day: u32, total: u64) {
        self.with(day, |count| {
            count.others = count.others.max(total.saturating_sub(count.own));
        });
    }

    /// Takes one request by what is known here, if one is left.
    pub(super) fn spend(&self, day: u32, limit: u64) -> (bool, DayCount) {
        self.with(day, |count| {
            let passes = count.total() < limit;
            count.own = count.own.saturating_add(u64::from(passes));
            (passes, *count)
        })
    }

    /// A day that is over counts for nothing; neither does what is told of it.
    fn with<T>(&self, day: u32, act: impl FnOnce(&mut DayCount) -> T) -> T {
        let mut today = self.today.lock().unwrap_or_else(PoisonError::into_inner);
        if day < today.0 {
            return act(&mut DayCount::default());
        }
        if day > today.0 {
            *today = (day, DayCount::default());
        }
        act(&mut today.1)
    }
}

impl DayCount {
    pub(super) const fn total(self) -> u64 {
        self.own.saturating_add(self.others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_hard_and_the_next_begins_anew() {
        let spent = Spent::default();
        spent.learn_total(7, 8);
        assert!(spent.spend(7, 10).0 && spent.spend(7, 10).0);
        assert!(!spent.spend(7, 10).0);
        assert_eq!(spent.of(7), DayCount { own: 2, others: 8 });
        assert!(spent.spend(8, 10).0);
        // Yesterday's count comes late.
        spent.learn_total(7, 100);
        assert_eq!(spent.of(8), DayCount { own: 1, others: 0 });
    }

    #[test]
    fn what_the_platform_counted_of_this_gateway_is_not_counted_twice() {
        let spent = Spent::default();
        for _ in 0..5 {
            assert!(spent.spend(7, 100).0);
        }
        spent.learn_total(7, 5);
        assert_eq!(spent.of(7).others, 0);
        spent.learn_total(7, 9);
        spent.learn_total(7, 8);
        assert_eq!(spent.of(7).total(), 9);
        spent.learn(7, DayCount { own: 5, others: 6 });
        assert_eq!(spent.of(7).total(), 11);
    }
}
