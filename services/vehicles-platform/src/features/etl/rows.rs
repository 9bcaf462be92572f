//! Rows on their way from a source into PostgreSQL: in the text form of COPY, whole lines at a time.

use super::EtlError;
use bytes::Bytes;

/// A table as the source sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableShape {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
}

/// A column as PostgreSQL gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// One of the types that `dump::column_type` allows.
    pub(crate) sql_type: String,
    pub(crate) not_null: bool,
}

impl TableShape {
    /// The columns' names in order.
    pub(crate) fn column_names(&self) -> Vec<String> {
        self.columns
            .iter()
            .map(|column| column.name.clone())
            .collect()
    }
}

/// Where a source puts the tables it reads, one after the other.
pub(crate) trait RowSink {
    /// The rows of this table follow.
    fn begin(&mut self, shape: &TableShape) -> Result<(), EtlError>;
    /// Some more rows: whole lines of COPY text.
    fn rows(&mut self, lines: Bytes) -> Result<(), EtlError>;
    /// The table is complete.
    fn end(&mut self) -> Result<(), EtlError>;
}

/// Appends a text as COPY's text form has it.
pub(crate) fn push_copy_text(line: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '\\' => line.push_str("\\\\"),
            '\t' => line.push_str("\\t"),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            other => line.push(other),
        }
    }
}
