//! What time it is, as PostgreSQL can keep it.

use jiff::{Timestamp, Unit};

/// Now, to the microsecond: what is answered and what is read back later are the same.
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    // Only the last moments of the year 9999 cannot be rounded.
    now.round(Unit::Microsecond).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_nothing_below_a_microsecond() {
        assert_eq!(now().as_nanosecond() % 1000, 0);
    }
}
