//! What keys match, against worked examples and against a naive matcher on any key and VIN.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use proptest::prelude::*;

use super::KeyMask;

/// The mask of exactly one VIN, given as positions 4-8, bar, positions 10-17.
fn vin(text: &str) -> KeyMask {
    KeyMask::parse(text.as_bytes()).unwrap()
}

fn matches(key: &str, text: &str) -> bool {
    KeyMask::parse(key.as_bytes()).is_some_and(|mask| mask.covers(&vin(text)))
}

#[test]
fn each_unit_eats_one_character_and_the_rest_is_free() {
    assert!(matches("FL[12][GH]", "FL1H7|NA000001"));
    assert!(!matches("FL[12][GH]", "FL3H7|NA000001"));
    assert!(matches("*****|*H", "FL1H7|NH000001"));
    assert!(matches("**[A-C]", "FLB00|NH000001"));
    assert!(matches("****#|", "FLB00|NH000001"));
    assert!(!matches("****#|", "FLB0A|NH000001"));
}

#[test]
fn the_malformed_set_is_a_range_a_dash_and_two_letters() {
    for (vin, expected) in [
        ("1", true),
        ("9", true),
        ("A", true),
        ("J", true),
        ("T", true),
        ("B", false),
        ("0", false),
    ] {
        assert_eq!(
            matches("[1-A-JT]", &format!("{vin}1H7A|NA000001")),
            expected,
            "{vin}"
        );
    }
}

#[test]
fn keys_no_vin_can_have_are_refused() {
    for key in [
        "-",
        "***é",
        "AB|",
        "*****A",
        "[IOQ]",
        "*****|*********",
        "[]",
    ] {
        assert_eq!(KeyMask::parse(key.as_bytes()), None, "{key}");
    }
}

#[test]
fn letters_no_vin_has_stand_for_the_digits_alike() {
    assert!(matches("*I[A-Z]O", "A1C00|NA000001"));
    assert!(!matches("[A-Z]", "0AAAA|NA000001"));
}

#[test]
fn meeting_is_what_both_keys_leave() {
    let both = vin("F[A-D]").meeting(&vin("*[CDE]*1")).unwrap();
    assert_eq!(both, vin("F[CD]*1"));
    assert!(!vin("F[A-D]").meets(&vin("*E")));
    assert!(vin("F").covers(&both));
    assert!(!both.covers(&vin("F")));
}

#[test]
fn the_year_letter_is_position_ten() {
    let only_2022 = vin("*****|N");
    assert!(only_2022.meets(&KeyMask::of_year(2022)));
    assert!(only_2022.meets(&KeyMask::of_year(1992)));
    assert!(!only_2022.meets(&KeyMask::of_year(2023)));
    assert!(only_2022.restricts_year());
    assert!(!vin("*****|*A").restricts_year());
    assert_eq!(
        KeyMask::of_year(2001),
        vin("*****|1").meeting(&KeyMask::any()).unwrap()
    );
}

/// The same rules, one character at a time, with no masks.
fn naive(key: &[u8], vin: &[u8]) -> bool {
    let Some((&unit, mut rest)) = key.split_first() else {
        return true;
    };
    let Some((&have, vin_rest)) = vin.split_first() else {
        return false;
    };
    let fits = match unit {
        b'*' => true,
        b'#' => have.is_ascii_digit(),
        b'[' => {
            let close = rest
                .iter()
                .position(|&byte| byte == b']')
                .unwrap_or(rest.len());
            let inside = &rest[..close];
            rest = rest.get(close + 1..).unwrap_or_default();
            let mut fits = false;
            let mut at = 0;
            while at < inside.len() {
                let ranged = at + 2 < inside.len() && inside[at + 1] == b'-';
                let to = if ranged { inside[at + 2] } else { inside[at] };
                fits |= (inside[at].to_ascii_uppercase()..=to.to_ascii_uppercase()).contains(&have);
                at += if ranged { 3 } else { 1 };
            }
            fits
        }
        literal => literal.to_ascii_uppercase() == have,
    };
    fits && naive(rest, vin_rest)
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(key in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ = KeyMask::parse(&key);
    }

    #[test]
    fn masks_agree_with_a_naive_matcher(
        key in "([A-HJ-N0-3*#]|\\[[A-C1-3-]{0,4}\\]){0,6}(\\|([A-C*]|\\[[A-C]-[D-F]\\]){0,8})?",
        front in "[A-CF1-3]{5}", back in "[A-F]{1}[A-C0-3]{7}",
    ) {
        let text = format!("{front}|{back}");
        prop_assert_eq!(matches(&key, &text), naive(key.as_bytes(), text.as_bytes()));
    }

    #[test]
    fn two_keys_that_match_one_vin_meet_in_it(
        one in "([A-C*]|\\[[A-C]-[A-F]\\]){0,5}", two in "([A-C*]|\\[[A-C]{1,3}\\]){0,5}", front in "[A-C]{5}",
    ) {
        let text = format!("{front}|NA000001");
        if matches(&one, &text) && matches(&two, &text) {
            let both = vin(&one).meeting(&vin(&two));
            prop_assert!(both.is_some_and(|both| both.covers(&vin(&text))));
        }
    }
}
