//! Whatever is wrong with a source or happens to the database: the live release stays, and nothing half-loaded does.

use crate::harness::{Etl, mini, mini_text};
use test_kit::ChaosProxy;

/// What is spoiled, the spoiled dump, the exit code, and what is said.
type Case = (&'static str, String, i32, &'static str);

async fn assert_each_fails(cases: Vec<Case>) {
    let etl = Etl::with_live_release().await;
    for (name, spoiled, code, said) in cases {
        assert_ne!(spoiled, mini_text(), "{name}: the dump is spoiled");
        etl.load(&etl.file("vPICList_lite_2026_02.sql", spoiled))
            .failed(code, said)
            .failed(code, "the live release is untouched");
        etl.assert_untouched().await;
        if code != 11 || etl.releases().len() > 1 {
            let latest = etl.latest();
            assert_eq!(latest["state"], "failed", "{name}");
            assert!(
                latest["failure"].as_str().unwrap().contains(said),
                "{name}: {latest}"
            );
        }
    }
    // And after all that a good one goes live.
    etl.load(&etl.file("vPICList_lite_2026_03.sql", mini_text() + "\n"))
        .succeeded();
    assert_eq!(etl.live(), [etl.latest()["id"].as_i64().unwrap()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_that_is_cut_off_or_is_none_leaves_the_live_release() {
    let text = mini_text();
    let inside_patterns = text.find("COPY vpic.pattern").unwrap() + 200_000;
    let end = text.find("-- PostgreSQL database dump complete").unwrap();
    assert_each_fails(vec![
        (
            "cut in the rows",
            text[..inside_patterns].to_owned(),
            11,
            "inside the rows of table pattern",
        ),
        (
            "cut at the end",
            text[..end].to_owned(),
            11,
            "does not end as a complete one does",
        ),
        ("empty", String::new(), 11, "the file is empty"),
        (
            "a web page",
            "<html>not found</html>".to_owned(),
            11,
            "it is a web page",
        ),
        (
            "another encoding",
            text.replace("client_encoding = 'UTF8'", "client_encoding = 'LATIN1'"),
            11,
            "LATIN1",
        ),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_whose_tables_changed_leaves_the_live_release_and_names_table_and_column() {
    let text = mini_text();
    let refused_type = text.replacen(
        "CREATE TABLE vpic.vehicletype (\n    id integer",
        "CREATE TABLE vpic.vehicletype (\n    id xml",
        1,
    );
    let without_column = text
        .replace("yearto integer", "lastyear integer")
        .replace("yearfrom, yearto", "yearfrom, lastyear");
    assert_each_fails(vec![
        (
            "a refused type",
            refused_type,
            11,
            "column id of table vehicletype has the type xml",
        ),
        (
            "a needed column gone",
            without_column,
            11,
            "table wmi_vinschema of this release has no column yearto",
        ),
        (
            "a needed table gone",
            without_table(&text, "make_model"),
            11,
            "make_model",
        ),
        (
            "a row too short",
            with_first_row(&text, "vehicletype", "1"),
            12,
            "vehicletype, line 1",
        ),
        (
            "an id twice",
            with_first_row_twice(&text, "make"),
            12,
            "duplicated",
        ),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_cannot_be_right_leaves_the_live_one() {
    let text = mini_text();
    assert_each_fails(vec![
        (
            "a known model gone",
            text.replace("\tCivic\t", "\tCivil\t"),
            14,
            "2022 Honda has Civic",
        ),
        (
            "a core table shrunk",
            without_half_of(&text, "manufacturer"),
            14,
            "rows of manufacturer",
        ),
        (
            "a dangling reference",
            with_dangling_band(&text),
            14,
            "wmi_vinschema refers to vinschema: 1 rows",
        ),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn compressed_dumps_that_are_cut_off_fail() {
    let etl = Etl::with_live_release().await;
    let compressed = zstd::encode_all(mini().as_slice(), 3).unwrap();
    let half = &compressed[..compressed.len() / 2];
    etl.load(&etl.file("half.zst", half))
        .failed(11, "while reading the source");
    etl.assert_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_connection_cut_in_the_middle_leaves_the_live_release() {
    let mut etl = Etl::with_live_release().await;
    let again = etl.file("vPICList_lite_2026_02.sql", mini());
    let proxy = ChaosProxy::start(format!("{}:{}", etl.database.host, etl.database.port)).await;
    for bytes in [10_000, 1_000_000, 2_500_000] {
        etl.port = proxy.port;
        proxy.cut_after(bytes);
        let ran = etl.run(&["etl", "load", "--force", &again]);
        ran.failed(12, "the live release is untouched");
        proxy.heal();
        etl.port = etl.database.port;
        test_kit::eventually_async("the half-loaded schema is gone", async || {
            etl.schemas().await == ["release_1"]
        })
        .await;
        etl.assert_untouched().await;
    }
    etl.run(&["etl", "prune"]).succeeded();
    assert!(
        etl.releases()
            .iter()
            .all(|release| release["state"] != "loading")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_said_so() {
    let mut etl = Etl::new().await;
    etl.port = test_kit::free_port();
    let dump = etl.file("mini.sql", mini());
    etl.load(&dump).failed(12, "while connecting");
}

/// The text between the header of a table's rows and their end.
fn rows_of(text: &str, table: &str) -> std::ops::Range<usize> {
    let header = text.find(&format!("COPY vpic.{table} (")).unwrap();
    let start = header + text[header..].find('\n').unwrap() + 1;
    start..start + text[start..].find("\\.\n").unwrap()
}

fn without_table(text: &str, table: &str) -> String {
    let header = text.find(&format!("COPY vpic.{table} (")).unwrap();
    let rows = rows_of(text, table);
    format!("{}{}", &text[..header], &text[rows.end + 3..])
}

fn with_first_row(text: &str, table: &str, row: &str) -> String {
    let start = rows_of(text, table).start;
    format!("{}{row}\n{}", &text[..start], &text[start..])
}

fn with_first_row_twice(text: &str, table: &str) -> String {
    let start = rows_of(text, table).start;
    let line = &text[start..=start + text[start..].find('\n').unwrap()];
    format!("{}{line}{}", &text[..start], &text[start..])
}

fn without_half_of(text: &str, table: &str) -> String {
    let rows = rows_of(text, table);
    let kept: String = text[rows.clone()]
        .split_inclusive('\n')
        .step_by(2)
        .collect();
    format!("{}{kept}{}", &text[..rows.start], &text[rows.end..])
}

fn with_dangling_band(text: &str) -> String {
    let rows = rows_of(text, "wmi_vinschema");
    let line = text[rows.clone()].lines().next().unwrap();
    let mut fields: Vec<&str> = line.split('\t').collect();
    (fields[0], fields[2]) = ("999999999", "999999999");
    format!(
        "{}{}\n{}",
        &text[..rows.start],
        fields.join("\t"),
        &text[rows.start..]
    )
}
