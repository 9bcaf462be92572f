//! Any text at all, decoded with the small release: no panic, the same answer twice, and JSON that can be read back.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use super::{Question, answer, as_of};
use crate::features::etl::{self, EtlSettings, SourceAddress};
use contracts::vin::{VinAnswer, VinQuestion};
use proptest::prelude::*;
use std::sync::LazyLock;
use vin_decoder::{AsOf, Index, decode};

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/mini.sql.zst");
    let address = SourceAddress::parse(path).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let built = runtime.block_on(etl::vin_index_of(&address, &EtlSettings::default()));
    built.unwrap().0
});

/// VINs that the small release knows; what is made of them stays near what patterns can match.
const KNOWN: [&str; 6] = [
    "1HGFE2F50NL500001",
    "1FTFW1E50NFA00001",
    "5YJ3E1EA0LF000001",
    "1HD1KBC10JB000001",
    "1A9C12340YA494001",
    "WBA5R1C00LFH00001",
];

fn check(text: &str, model_year: Option<i32>, now: AsOf) {
    let vin = text.to_owned();
    let Ok(question) = Question::of_body(&VinQuestion { vin, model_year }) else {
        return;
    };
    let options = question.options(now);
    let written = || {
        let decoded = decode(&INDEX, &question.vin, &options);
        serde_json::to_string(&answer(&decoded, "2026-01-1", true)).unwrap()
    };
    let first = written();
    assert_eq!(first, written());
    let read: VinAnswer<'_> = serde_json::from_str(&first).unwrap();
    assert!((0.0..=1.0).contains(&read.confidence));
    assert!(!read.errors.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_is_refused_or_decoded(text in "\\PC{0,20}", year in proptest::option::of(any::<i32>())) {
        check(&text, year, as_of("2026-01"));
    }

    #[test]
    fn a_vin_with_a_few_wrong_characters_is_decoded(
        known in proptest::sample::select(&KNOWN[..]),
        changes in proptest::collection::vec((0..17_usize, 0x20..0x7f_u8), 0..4),
        length in 1..=17_usize,
        year in proptest::option::of(1970..2050_i32),
        now in (1980..2100_i32, 1..=12_u8, 1..=28_u8),
    ) {
        let mut bytes = known.as_bytes().to_vec();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        bytes.truncate(length);
        check(std::str::from_utf8(&bytes).unwrap(), year, AsOf::date(now.0, now.1, now.2));
    }
}
