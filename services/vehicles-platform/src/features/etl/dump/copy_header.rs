//! `COPY vpic.pattern (id, …) FROM stdin;`

use super::create_table::{identifier, identifiers, unqualified};

#[derive(Debug, PartialEq)]
pub(super) struct CopyHeader {
    pub(super) table: String,
    pub(super) columns: Vec<String>,
}

/// The header, if the statement is one.
pub(super) fn parse(statement: &str) -> Option<CopyHeader> {
    let rest = statement.strip_prefix("COPY ")?;
    let rest = rest.strip_suffix("FROM stdin")?.trim_end();
    let (name, columns) = rest.strip_suffix(')')?.split_once(" (")?;
    let (_, table) = unqualified(name)?;
    Some(CopyHeader {
        table: identifier(table)?,
        columns: identifiers(columns)?,
    })
}
