//! The moment that counts as now.

use crate::build::days;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// A moment in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsOf {
    micros: i64,
    year: i32,
}

impl AsOf {
    /// The beginning of a day.
    pub fn date(year: i32, month: u8, day: u8) -> Self {
        let days = days(i64::from(year), i64::from(month), i64::from(day));
        Self::unix_micros(days.saturating_mul(MICROS_PER_DAY))
    }

    /// A moment by the microseconds since 1970.
    pub fn unix_micros(micros: i64) -> Self {
        // A year is 365.2425 days on average, so this is right or one off.
        let since = micros.div_euclid(MICROS_PER_DAY);
        let mut year = 1970 + since.saturating_mul(10_000).div_euclid(3_652_425);
        while days(year, 1, 1) > since {
            year -= 1;
        }
        while days(year + 1, 1, 1) <= since {
            year += 1;
        }
        let year = i32::try_from(year).unwrap_or(i32::MAX - 2);
        Self { micros, year }
    }

    pub(crate) fn year(self) -> i32 {
        self.year
    }

    pub(crate) fn has_reached(self, micros: i64) -> bool {
        micros != i64::MAX && micros <= self.micros
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_begins_on_its_first_day() {
        for year in [1969, 1970, 1971, 2000, 2001, 2026, 2100] {
            assert_eq!(AsOf::date(year, 1, 1).year(), year);
            assert_eq!(AsOf::date(year, 12, 31).year(), year);
        }
        let before = AsOf::date(2027, 1, 1).micros - 1;
        assert_eq!(AsOf::unix_micros(before).year(), 2026);
    }

    #[test]
    fn never_is_never_reached() {
        assert!(!AsOf::unix_micros(i64::MAX).has_reached(i64::MAX));
        assert!(AsOf::unix_micros(0).has_reached(0));
    }
}
