//! The collector against what changes between months and what can be broken.
#![allow(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use super::collector::{BadRow, Collector, IncompleteRelease};
use super::columns::MissingColumn;

fn columns(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn columns_are_found_by_name_in_any_order_and_case() {
    let mut collector = Collector::default();
    collector
        .begin("make", &columns(&["createdon", "\"Name\"", "ID"]))
        .unwrap();
    collector
        .rows(b"\\N\tA\\\\B\t7\n\\N\tHonda\t474\n")
        .unwrap();
    collector.begin("vinschema", &columns(&["id"])).unwrap_err();
}

#[test]
fn a_lost_column_is_named() {
    let error: MissingColumn = Collector::default()
        .begin("pattern", &columns(&["id", "keys"]))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "table pattern of this release has no column vinschemaid"
    );
}

#[test]
fn a_row_that_cannot_be_read_is_shown() {
    let mut collector = Collector::default();
    collector.begin("make", &columns(&["id", "name"])).unwrap();
    for bad in [&b"x\tHonda\n"[..], b"1\n", b"1\tHonda", b"1\t\xff\n"] {
        let error: BadRow = collector.rows(bad).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("a row of table make cannot be read"),
            "{error}"
        );
    }
}

#[test]
fn tables_that_never_came_are_listed() {
    let mut collector = Collector::default();
    collector.begin("make", &columns(&["id", "name"])).unwrap();
    collector.rows(b"1\tHonda\n").unwrap();
    let IncompleteRelease { tables: missing } = collector.finish().err().unwrap();
    assert!(
        missing.contains(&"pattern") && !missing.contains(&"make"),
        "{missing:?}"
    );
}

#[test]
fn tables_of_no_interest_pass_by() {
    assert!(!Collector::wants("wmiyearvalidchars"));
    let mut collector = Collector::default();
    collector.begin("abs", &columns(&["id"])).unwrap();
    collector.rows(b"anything at all").unwrap();
}
