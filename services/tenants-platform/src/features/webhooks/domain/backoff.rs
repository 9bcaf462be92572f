//! When a delivery that failed is tried again.

use std::time::Duration;

/// How long to wait after so many attempts: twice as long each time, up to a limit, half of it by chance.
/// `chance` is from 0 to 1.
pub(crate) fn wait(attempts: u32, first: Duration, longest: Duration, chance: f64) -> Duration {
    let doublings = attempts.saturating_sub(1).min(30);
    let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
    let whole = first.saturating_mul(factor).min(longest);
    let half = whole / 2;
    half.saturating_add(half.mul_f64(chance.clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_end() {
        let wait = |attempts, chance| {
            let (first, longest) = (Duration::from_secs(4), Duration::from_mins(1));
            wait(attempts, first, longest, chance).as_secs()
        };
        assert_eq!((wait(1, 0.0), wait(1, 1.0)), (2, 4));
        assert_eq!((wait(2, 1.0), wait(3, 1.0)), (8, 16));
        assert_eq!((wait(9, 1.0), wait(u32::MAX, 1.0)), (60, 60));
    }
}
