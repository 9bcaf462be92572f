//! Does a release have about as many rows as the one before?

use super::{Check, RowCounts, Subject};
use crate::features::etl::EtlError;
use tokio_postgres::Client;

/// Tables without which nothing can be served or decoded.
const CORE_TABLES: [&str; 19] = [
    "pattern",
    "element",
    "vinschema",
    "wmi",
    "wmi_make",
    "wmi_vinschema",
    "manufacturer",
    "vehicletype",
    "make",
    "model",
    "make_model",
    "enginemodel",
    "catalog_make",
    "catalog_model",
    "catalog_trim",
    "catalog_engine",
    "catalog_transmission",
    "catalog_model_year",
    "catalog_configuration",
];

pub(super) async fn check(
    client: &Client,
    subject: &Subject<'_>,
    shrink_limit_percent: u8,
) -> Result<Vec<Check>, EtlError> {
    let statement = include_str!("../data/queries/previous_row_counts.sql");
    let before = client.query_opt(statement, &[&subject.release]).await?;
    let previous = before
        .and_then(|row| row.get::<_, Option<serde_json::Value>>("row_counts"))
        .and_then(|counts| serde_json::from_value(counts).ok());
    Ok(compare(
        subject.row_counts,
        previous.as_ref(),
        shrink_limit_percent,
    ))
}

fn compare(counts: &RowCounts, previous: Option<&RowCounts>, limit_percent: u8) -> Vec<Check> {
    CORE_TABLES
        .iter()
        .map(|&table| {
            let now = counts.get(table).copied().unwrap_or(0);
            let before = previous.and_then(|previous| previous.get(table)).copied();
            let least = before
                .map_or(1, |before| least_rows(before, limit_percent))
                .max(1);
            let detail = match before {
                Some(before) => format!("{now} rows, {before} in the release before"),
                None => format!("{now} rows"),
            };
            Check::new(format!("rows of {table}"), now >= least, detail)
        })
        .collect()
}

/// The fewest rows that are not a suspicious loss.
fn least_rows(before: u64, limit_percent: u8) -> u64 {
    let kept = 100_u64.saturating_sub(u64::from(limit_percent));
    before.saturating_mul(kept).div_ceil(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(rows: u64) -> RowCounts {
        CORE_TABLES
            .iter()
            .map(|table| ((*table).to_owned(), rows))
            .collect()
    }

    fn failed(counts: &RowCounts, previous: Option<&RowCounts>) -> Vec<String> {
        let checks = compare(counts, previous, 10);
        checks
            .into_iter()
            .filter(|check| !check.passed)
            .map(|check| check.name)
            .collect()
    }

    #[test]
    fn a_tenth_fewer_rows_pass_and_more_do_not() {
        assert!(failed(&all(90), Some(&all(100))).is_empty());
        let mut shrunk = all(100);
        shrunk.insert("wmi".into(), 89);
        assert_eq!(failed(&shrunk, Some(&all(100))), ["rows of wmi"]);
    }

    #[test]
    fn an_empty_or_missing_table_fails_even_in_the_first_release() {
        let mut counts = all(1);
        counts.insert("make".into(), 0);
        counts.remove("element");
        assert_eq!(failed(&counts, None), ["rows of element", "rows of make"]);
    }
}
