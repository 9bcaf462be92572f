//! A release out of a SQL Server: the whole way from the login to live, and what goes wrong on it.

use crate::fake_sql_server::{Column, FakeSqlServer, Kind, PASSWORD, Table};
use crate::harness::{Etl, Ran, mini_text};
use std::collections::BTreeMap;

/// The tables of the small release under names as NHTSA's MSSQL edition has them: with capitals.
fn tables() -> BTreeMap<String, Table> {
    let text = mini_text();
    let mut tables = BTreeMap::new();
    for copy in text.split("\nCOPY vpic.").skip(3) {
        let (header, rest) = copy.split_once('\n').unwrap();
        let (name, columns) = header.split_once(" (").unwrap();
        let columns = columns.split_once(')').unwrap().0;
        let rows = rest.split("\\.\n").next().unwrap();
        let columns: Vec<_> = columns
            .split(", ")
            .map(|column| column_of(&text, name, column.trim_matches('"')))
            .collect();
        let primary_key = columns.first().filter(|column| column.name == "Id");
        let table = Table {
            primary_key: primary_key.map(|id| id.name.clone()).into_iter().collect(),
            columns,
            rows: rows
                .lines()
                .map(|row| row.split('\t').map(value).collect())
                .collect(),
        };
        tables.insert(capital(name), table);
    }
    tables.insert("Twins".to_owned(), twins());
    tables
}

/// A table without a key whose rows differ in their last column only.
fn twins() -> Table {
    let column = |name: &str, kind| Column {
        name: name.to_owned(),
        kind,
        not_null: false,
    };
    let row = |text: &str| {
        let values = [
            Some("1"),
            Some("2"),
            Some("3"),
            Some("t"),
            Some("0.25"),
            Some(text),
        ];
        values.map(|value| value.map(str::to_owned)).to_vec()
    };
    Table {
        columns: vec![
            column("WmiId", Kind::Int),
            column("MakeId", Kind::Int),
            column("Order", Kind::TinyInt),
            column("Sure", Kind::Bit),
            column("Share", Kind::Float),
            column("Note", Kind::LongText),
        ],
        primary_key: Vec::new(),
        rows: vec![
            row("B"),
            row("a"),
            row("a long note, in two pieces\tand with a tab"),
        ],
    }
}

/// The column as the dump declares it.
fn column_of(dump: &str, table: &str, name: &str) -> Column {
    let declared = dump
        .split(&format!("CREATE TABLE vpic.{table} ("))
        .nth(1)
        .unwrap();
    let declared = declared.split(");").next().unwrap();
    let line = declared
        .lines()
        .map(|line| line.trim().trim_start_matches('"'))
        .find(|line| line.starts_with(name) && line[name.len()..].starts_with([' ', '"']))
        .unwrap_or_else(|| panic!("{table} declares no {name}"));
    let line = line[name.len()..].trim_start_matches(['"', ' ']);
    let kind = if line.starts_with("timestamp") {
        Kind::DateTime
    } else if line.starts_with("boolean") {
        Kind::Bit
    } else if let Some(length) = line.strip_prefix("character varying(") {
        Kind::Text(length.split(')').next().unwrap().parse().unwrap())
    } else if line.starts_with("character") || line.starts_with("text") {
        Kind::LongText
    } else {
        Kind::Int
    };
    Column {
        name: capital(name),
        kind,
        not_null: line.contains("NOT NULL"),
    }
}

fn capital(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_uppercase() + rest
}

/// A field of COPY text.
fn value(field: &str) -> Option<String> {
    let plain = || {
        field
            .replace("\\t", "\t")
            .replace("\\r", "\r")
            .replace("\\n", "\n")
    };
    (field != "\\N").then(|| plain().replace("\\\\", "\\"))
}

fn load(etl: &Etl, source: &str) -> Ran {
    let mut command = etl.command(&["etl", "load", source, "--as-of", "2026-01-01"]);
    command.env("MVP_VEHICLES_PLATFORM__ETL__MSSQL__ENCRYPT", "false");
    Ran::from(command.output().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sql_servers_rows_go_live_as_those_of_the_dump_do_and_are_known_again() {
    let etl = Etl::with_live_release().await;
    let server = FakeSqlServer::start(tables(), None).await;
    load(&etl, &server.address(PASSWORD)).succeeded();
    let releases = etl.releases();
    assert_eq!(etl.live(), [2]);
    let (ours, dumped) = (&releases[0]["row_counts"], &releases[1]["row_counts"]);
    assert_eq!(ours["twins"], 3);
    for (table, rows) in dumped.as_object().unwrap() {
        assert_eq!(ours[table], *rows, "{table}");
    }
    let client = etl.database.client().await;
    let different =
        "SELECT count(*) FROM (TABLE release_1.pattern EXCEPT TABLE release_2.pattern) AS d";
    let different = client.query_one(different, &[]).await.unwrap();
    assert_eq!(
        different.get::<_, i64>(0),
        0,
        "times within a tick, texts and ids the same"
    );
    let note = "SELECT note FROM release_2.twins WHERE note LIKE '%tab' AND sure AND share = 0.25";
    assert!(client.query_opt(note, &[]).await.unwrap().is_some());
    // The server now returns what the order leaves open the other way round.
    for _ in 0..2 {
        let said = load(&etl, &server.address(PASSWORD)).succeeded().stdout;
        assert!(
            said.contains("content of release 2, which is live"),
            "{said}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_said_without_telling_it() {
    let etl = Etl::with_live_release().await;
    let server = FakeSqlServer::start(tables(), None).await;
    let ran = load(&etl, &server.address("guess"))
        .failed(10, "Login failed for user")
        .failed(10, "the live release is untouched");
    assert!(!ran.stderr.contains("guess"), "{}", ran.stderr);
    etl.assert_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_in_the_middle_of_rows_leaves_the_live_release() {
    let etl = Etl::with_live_release().await;
    let server = FakeSqlServer::start(tables(), Some(200_000)).await;
    load(&etl, &server.address(PASSWORD))
        .failed(11, "while reading the source")
        .failed(11, "the SQL Server gave no rows");
    etl.assert_untouched().await;
    assert_eq!(etl.latest()["state"], "failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_encryption_is_refused_where_encryption_is_asked_for() {
    let etl = Etl::with_live_release().await;
    let server = FakeSqlServer::start(tables(), None).await;
    // As it is set by default.
    etl.load(&server.address(PASSWORD))
        .failed(10, "cannot be reached");
    etl.assert_untouched().await;
}
