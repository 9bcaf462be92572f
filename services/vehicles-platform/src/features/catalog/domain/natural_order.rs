//! The order that a person expects of names: case-blind, accents aside, numbers by their value.

use std::cmp::Ordering;

/// Compares two names. Names that differ in case only still have one order.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let mut left = Parts::of(a);
    let mut right = Parts::of(b);
    loop {
        let ordering = match (left.next(), right.next()) {
            (None, None) => return a.cmp(b),
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(x), Some(y)) => x.cmp(&y),
        };
        if ordering.is_ne() {
            return ordering;
        }
    }
}

/// A run of digits, by value, or one character in lower case. Numbers stand before letters.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u64),
    Character(char),
}

struct Parts<'a> {
    characters: std::iter::Peekable<std::str::Chars<'a>>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            characters: text.chars().peekable(),
        }
    }
}

impl Iterator for Parts<'_> {
    type Item = Part;

    fn next(&mut self) -> Option<Part> {
        let first = self.characters.next()?;
        let Some(digit) = first.to_digit(10) else {
            return Some(Part::Character(
                first.to_lowercase().next().unwrap_or(first),
            ));
        };
        let mut number = u64::from(digit);
        while let Some(digit) = self.characters.peek().and_then(|c| c.to_digit(10)) {
            number = number.saturating_mul(10).saturating_add(u64::from(digit));
            self.characters.next();
        }
        Some(Part::Number(number))
    }
}

#[cfg(test)]
mod tests {
    use super::compare;
    use proptest::prelude::*;

    #[test]
    fn names_stand_as_a_person_expects() {
        let mut names = [
            "CR-Z",
            "civic",
            "Accord",
            "10 Series",
            "F-150",
            "3 Series",
            "F-1500",
            "CR-V",
            "F-20",
        ];
        names.sort_by(|a, b| compare(a, b));
        assert_eq!(
            names,
            [
                "3 Series",
                "10 Series",
                "Accord",
                "civic",
                "CR-V",
                "CR-Z",
                "F-20",
                "F-150",
                "F-1500"
            ]
        );
    }

    proptest! {
        #[test]
        fn it_is_an_order(a in "\\PC{0,8}", b in "\\PC{0,8}", c in "\\PC{0,8}") {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            prop_assert_eq!(compare(&a, &b).is_eq(), a == b);
            if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
                prop_assert!(compare(&a, &c).is_le());
            }
        }
    }
}
