//! What a plan limits.

use std::collections::BTreeMap;

/// Something that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Metric {
    Vehicles,
    StorageBytes,
    Members,
    RequestsPerDay,
}

impl Metric {
    pub(crate) const ALL: [Self; 4] = [
        Self::Vehicles,
        Self::StorageBytes,
        Self::Members,
        Self::RequestsPerDay,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Vehicles => "vehicles",
            Self::StorageBytes => "storage_bytes",
            Self::Members => "members",
            Self::RequestsPerDay => "requests_per_day",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.as_str() == text)
    }

    /// Whether it begins anew every day.
    pub(crate) const fn is_daily(self) -> bool {
        matches!(self, Self::RequestsPerDay)
    }
}

/// What a plan includes of each metric.
pub(crate) type Limits = BTreeMap<String, i64>;

/// What a change of usage comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    /// As much is used now; `warn`: four fifths of the limit have just been crossed.
    Used { used: i64, warn: bool },
    /// The plan does not include it.
    Exceeded,
    /// Less than nothing cannot be used.
    Negative,
}

/// Counts a change.
pub(crate) fn count(used: i64, change: i64, limit: Option<i64>) -> Count {
    let now = used.saturating_add(change);
    if now < 0 {
        return Count::Negative;
    }
    let Some(limit) = limit else {
        return Count::Used {
            used: now,
            warn: false,
        };
    };
    // Giving back is always possible, even above a limit that a smaller plan brought.
    if change > 0 && now > limit {
        return Count::Exceeded;
    }
    Count::Used {
        used: now,
        warn: crosses_warning(used, now, limit),
    }
}

/// Whether four fifths of a limit have just been crossed.
pub(crate) fn crosses_warning(before: i64, now: i64, limit: i64) -> bool {
    let is_high = |used: i64| i128::from(used) * 5 >= i128::from(limit) * 4;
    is_high(now) && !is_high(before)
}

/// Whether a smaller limit has just put a usage beyond four fifths.
pub(crate) fn is_warned_by(used: i64, before: Option<i64>, now: Option<i64>) -> bool {
    let is_high = |limit: Option<i64>| limit.is_some_and(|limit| crosses_warning(-1, used, limit));
    is_high(now) && !is_high(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_smaller_plan_warns_of_what_it_makes_scarce() {
        assert!(is_warned_by(8, Some(30), Some(10)));
        assert!(is_warned_by(80, None, Some(10)));
        assert!(!is_warned_by(7, Some(30), Some(10)));
        assert!(!is_warned_by(9, Some(10), Some(10)));
        assert!(!is_warned_by(9, Some(10), None));
    }

    #[test]
    fn a_warning_comes_once_at_four_fifths_and_the_end_is_hard() {
        let used = |used, warn| Count::Used { used, warn };
        assert_eq!(count(6, 1, Some(10)), used(7, false));
        assert_eq!(count(7, 1, Some(10)), used(8, true));
        assert_eq!(count(8, 1, Some(10)), used(9, false));
        assert_eq!(count(9, 1, Some(10)), used(10, false));
        assert_eq!(count(10, 1, Some(10)), Count::Exceeded);
        assert_eq!(count(0, 11, Some(10)), Count::Exceeded);
        assert_eq!(count(20, -1, Some(10)), used(19, false));
        assert_eq!(count(0, -1, None), Count::Negative);
        assert_eq!(count(1_000_000, 1, None), used(1_000_001, false));
        assert_eq!(
            count(i64::MAX - 1, 1, Some(i64::MAX)),
            used(i64::MAX, false)
        );
    }
}
