//! Do known VINs meet a pattern of their WMI and year that names their make and model?

use super::Check;
use super::facts::{Facts, VinFact};
use crate::features::etl::EtlError;
use crate::features::etl::data::for_schema;
use crate::features::etl::domain::key_mask::KeyMask;
use std::collections::BTreeSet;
use tokio_postgres::Client;

pub(super) async fn check(client: &Client, schema: &str) -> Result<Vec<Check>, EtlError> {
    let facts = Facts::known()?.vins;
    let wmis: Vec<String> = facts.iter().map(|fact| wmi(&fact.vin)).collect();
    let years: Vec<i32> = facts.iter().map(|fact| fact.year).collect();
    let sql = for_schema(include_str!("../data/queries/vin_models.sql"), schema);
    let rows = client.query(&sql, &[&wmis, &years]).await?;
    let mut found: Vec<BTreeSet<String>> = vec![BTreeSet::new(); facts.len()];
    for row in &rows {
        let index = usize::try_from(row.get::<_, i64>("number") - 1).unwrap_or(usize::MAX);
        let (Some(fact), Some(models)) = (facts.get(index), found.get_mut(index)) else {
            continue;
        };
        if matches(row.get("keys"), &fact.vin) {
            let (make, model): (&str, &str) = (row.get("make"), row.get("model"));
            models.insert(format!("{make} {model}"));
        }
    }
    Ok(facts
        .iter()
        .zip(found)
        .map(|(fact, models)| outcome(fact, &models))
        .collect())
}

fn outcome(fact: &VinFact, models: &BTreeSet<String>) -> Check {
    let wanted = format!("{} {}", fact.make, fact.model);
    let passed = models
        .iter()
        .any(|model| model.eq_ignore_ascii_case(&wanted));
    let list: Vec<_> = models.iter().map(String::as_str).collect();
    let detail = match list.as_slice() {
        [] => "no model matches".to_owned(),
        list => format!("matches {}", list.join(", ")),
    };
    Check::new(
        format!("VIN {} is a {} {wanted}", fact.vin, fact.year),
        passed,
        detail,
    )
}

/// Three characters, and three more from positions 12 to 14 where the third is 9 (a maker of few vehicles).
fn wmi(vin: &str) -> String {
    let first = vin.get(..3).unwrap_or(vin);
    match vin.get(11..14) {
        Some(more) if first.ends_with('9') => format!("{first}{more}"),
        _ => first.to_owned(),
    }
}

/// A key is matched against positions 4 to 8, a bar, and positions 10 to 17.
fn matches(key: &str, vin: &str) -> bool {
    let front = vin.get(3..8).unwrap_or_default();
    let back = vin.get(9..).unwrap_or_default();
    let carried = KeyMask::parse(format!("{front}|{back}").as_bytes());
    let key = KeyMask::parse(key.as_bytes());
    matches!((key, carried), (Some(key), Some(carried)) if key.covers(&carried))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_low_volume_maker_has_six_characters() {
        assert_eq!(wmi("1HGFE2F52NH000001"), "1HG");
        assert_eq!(wmi("1A9AB1234NC123456"), "1A9123");
    }

    #[test]
    fn a_key_is_matched_from_position_4_and_behind_the_bar_from_position_10() {
        let vin = "1HGFE2F52NH000001";
        for key in ["FE2", "F[C-E]2*5", "*****|NH", "FE2F5|*H"] {
            assert!(matches(key, vin), "{key}");
        }
        for key in ["FE1", "F[A-D]", "*****|PH"] {
            assert!(!matches(key, vin), "{key}");
        }
    }
}
