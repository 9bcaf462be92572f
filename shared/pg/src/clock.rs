//! What time it is, as PostgreSQL can keep it.

use jiff::{Timestamp, Unit};

/// Now, to the microsecond: what is answered and what is read back later are the same.
pub fn now() -> Timestamp {
    kept(Timestamp::now())
}

/// A time as it is read back later.
pub fn kept(time: Timestamp) -> Timestamp {
    // Only the last moments of the year 9999 cannot be rounded.
    time.round(Unit::Microsecond).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_nothing_below_a_microsecond() {
        assert_eq!(now().as_nanosecond() % 1000, 0);
    }
}
