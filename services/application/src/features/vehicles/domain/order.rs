//! Which readings of an odometer cannot be right: it only ever counts up.

use rust_decimal::Decimal;

/// For readings in the order of their time: whether each is out of order.
///
/// The fewest readings are doubted that leave the others counting up; of two that contradict each other alone, the later one. So one slip of the pen
/// (a digit too many) is flagged itself, and not everything after it.
pub(crate) fn out_of_order(distances: &[Decimal]) -> Vec<bool> {
    // Backwards, the longest run that never counts up; the first of equals is kept, so the earlier reading is believed.
    let backwards: Vec<Decimal> = distances.iter().rev().copied().collect();
    let mut ends: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = vec![None; backwards.len()];
    for (place, distance) in backwards.iter().enumerate() {
        let goes_before = |end: &usize| backwards.get(*end).is_some_and(|other| other >= distance);
        let length = ends.partition_point(goes_before);
        if let (Some(slot), Some(last)) = (previous.get_mut(place), length.checked_sub(1)) {
            *slot = ends.get(last).copied();
        }
        match ends.get_mut(length) {
            Some(end) => *end = place,
            None => ends.push(place),
        }
    }
    let mut doubted = vec![true; distances.len()];
    let mut place = ends.last().copied();
    while let Some(at) = place {
        let forwards = distances.len().saturating_sub(at).saturating_sub(1);
        if let Some(flag) = doubted.get_mut(forwards) {
            *flag = false;
        }
        place = previous.get(at).copied().flatten();
    }
    doubted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn doubted(distances: &[i64]) -> Vec<usize> {
        let distances: Vec<_> = distances.iter().map(|it| Decimal::from(*it)).collect();
        let flags = out_of_order(&distances);
        flags
            .iter()
            .enumerate()
            .filter(|(_, flag)| **flag)
            .map(|(at, _)| at)
            .collect()
    }

    #[test]
    fn a_slip_is_doubted_and_not_what_follows_it() {
        assert_eq!(doubted(&[100, 200, 99_999, 300, 400]), [2]);
        assert_eq!(doubted(&[100, 200, 20, 300, 400]), [2]);
        assert!(doubted(&[1, 1, 1]).is_empty());
        assert!(doubted(&[]).is_empty());
    }

    #[test]
    fn of_two_the_later_is_doubted() {
        assert_eq!(doubted(&[100, 50]), [1]);
    }

    proptest! {
        #[test]
        fn what_is_believed_counts_up_and_nothing_more_could_be(distances in prop::collection::vec(0_i64..50, 0..12)) {
            let doubted = doubted(&distances);
            let believed: Vec<i64> = (0..distances.len()).filter(|at| !doubted.contains(at)).map(|at| distances[at]).collect();
            prop_assert!(believed.is_sorted());
            // By trying every choice there is.
            let longest = (0_u32..1 << distances.len())
                .map(|choice| (0..distances.len()).filter(|at| choice & (1 << at) != 0).map(|at| distances[at]).collect::<Vec<_>>())
                .filter(|chosen| chosen.is_sorted())
                .map(|chosen| chosen.len())
                .max();
            prop_assert_eq!(Some(believed.len()), longest);
        }
    }
}
