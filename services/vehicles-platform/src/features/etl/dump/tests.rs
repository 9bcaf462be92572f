//! The dump reader on texts as `pg_dump` writes them, traps included.

use super::super::EtlError;
use super::super::rows::{Column, RowSink, TableShape};
use super::read_dump;
use bytes::Bytes;
use service::errors::chain;
use std::fmt::Write;
use std::io::Read;

const DUMP: &str = r#"--
-- PostgreSQL database dump
--

\restrict k3y

SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
CREATE SCHEMA vpic;
CREATE FUNCTION vpic.f() RETURNS void
    LANGUAGE plpgsql
    AS $_$
CREATE TABLE vpic.trap (id xml);
COPY vpic.trap (id) FROM stdin;
\.
$_$;
COMMENT ON SCHEMA vpic IS 'it''s;
COPY vpic.trap (id) FROM stdin;
';
/* COPY vpic.trap (id) FROM stdin; */
CREATE TABLE vpic.pattern (
    id integer NOT NULL,
    keys character varying(50) DEFAULT 'a,(b'::character varying NOT NULL, -- a comment; with a semicolon
    at timestamp(3) without time zone,
    price numeric(10,2),
    keys_regex text GENERATED ALWAYS AS (replace((keys)::text, ','::text, ';'::text)) STORED,
    CONSTRAINT positive CHECK ((id > 0))
);
CREATE TABLE vpic.wmiyearvalidchars (
    id integer,
    odd xml
);
CREATE TABLE vpic.wmiyearvalidchars_cacheexceptions (
    "WMI" character varying(6)[]
);
COPY vpic.pattern (keys, id, at, price) FROM stdin;
a;'b	1	\N	\N
\\.	2	2020-01-01 00:00:00	1.50
\.


COPY vpic.wmiyearvalidchars (id, odd) FROM stdin;
1	<a/>
\.
COPY vpic.wmiyearvalidchars_cacheexceptions ("WMI") FROM stdin;
\.
ALTER TABLE ONLY vpic.pattern
    ADD CONSTRAINT pk PRIMARY KEY (id);
--
-- PostgreSQL database dump complete
--

\unrestrict k3y
"#;

#[derive(Default)]
struct Collected {
    tables: Vec<(TableShape, String)>,
    ended: usize,
}

impl RowSink for Collected {
    fn begin(&mut self, shape: &TableShape) -> Result<(), EtlError> {
        self.tables.push((shape.clone(), String::new()));
        Ok(())
    }

    fn rows(&mut self, lines: Bytes) -> Result<(), EtlError> {
        assert!(lines.ends_with(b"\n"), "only whole lines");
        let (_, text) = self.tables.last_mut().unwrap();
        text.push_str(std::str::from_utf8(&lines).unwrap());
        Ok(())
    }

    fn end(&mut self) -> Result<(), EtlError> {
        self.ended += 1;
        Ok(())
    }
}

/// Hands out one byte at a time, as the slowest network would.
struct Drip<'a>(&'a [u8]);

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = buffer.len().min(1);
        self.0.read(&mut buffer[..length])
    }
}

fn failure(text: &str) -> String {
    chain(&read_dump(text.as_bytes(), &mut Collected::default()).unwrap_err())
}

#[test]
fn tables_come_with_the_copied_columns_and_their_rows_unchanged() {
    let column = |name: &str, sql_type: &str, not_null| Column {
        name: name.to_owned(),
        sql_type: sql_type.to_owned(),
        not_null,
    };
    let mut collected = Collected::default();
    read_dump(Drip(DUMP.as_bytes()), &mut collected).unwrap();
    let (shape, rows) = &collected.tables[0];
    assert_eq!(shape.name, "pattern");
    assert_eq!(
        shape.columns,
        [
            column("keys", "character varying(50)", true),
            column("id", "integer", true),
            column("at", "timestamp without time zone", false),
            column("price", "numeric(10,2)", false),
        ]
    );
    assert_eq!(
        rows,
        "a;'b\t1\t\\N\t\\N\n\\\\.\t2\t2020-01-01 00:00:00\t1.50\n"
    );
    assert_eq!(
        (collected.tables.len(), collected.ended),
        (1, 1),
        "the cache is skipped"
    );
}

#[test]
fn long_tables_come_in_blocks_of_whole_lines() {
    let mut rows = String::new();
    for id in 0..60_000 {
        writeln!(rows, "key{id}\t{id}\t\\N\t\\N").unwrap();
    }
    let text = DUMP.replace("a;'b\t1\t\\N\t\\N\n", &rows);
    let mut collected = Collected::default();
    read_dump(text.as_bytes(), &mut collected).unwrap();
    assert_eq!(collected.tables[0].1.lines().count(), 60_001);
    assert!(collected.tables[0].1.starts_with(&rows));
}

#[test]
fn a_dump_that_ends_early_is_told_from_a_whole_one_wherever_it_is_cut() {
    for end in (0..DUMP.find("-- PostgreSQL database dump complete").unwrap()).step_by(7) {
        let said = failure(&DUMP[..end]);
        assert!(said.contains("the file is cut off"), "{end}: {said}");
    }
}

#[test]
fn what_cannot_be_loaded_is_named() {
    for (from, to, said) in [
        (
            "id integer NOT NULL,\n    keys",
            "id money NOT NULL,\n    keys",
            "column id of table pattern has the type money",
        ),
        (
            "id integer NOT NULL,\n    keys",
            "id integer[] NOT NULL,\n    keys",
            "column id of table pattern has the type integer[]",
        ),
        (
            "(keys, id, at, price)",
            "(keys, id, at, cost)",
            "column cost of table pattern",
        ),
        (
            "COPY vpic.pattern",
            "COPY vpic.patterns",
            "rows of table patterns",
        ),
        ("'UTF8'", "'LATIN1'", "LATIN1"),
    ] {
        let text = failure(&DUMP.replace(from, to));
        assert!(text.contains(said), "{text}");
    }
}
