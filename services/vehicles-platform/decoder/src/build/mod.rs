//! From the rows of a release to its index.

mod compile;
mod compile_specs;
mod compile_wmis;
mod conversions;
mod keys;
mod raw;
mod tables;

pub(crate) use keys::{ACCOUNTED, JUDGED};
pub(crate) use tables::days;

use crate::index::Index;
use raw::Raw;
use tables::Table;

/// Why a release gives no index.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BuildError {
    /// A table lost a column that decoding cannot do without.
    #[error("table {table} of this release has no column {column}")]
    MissingColumn {
        /// The vPIC table.
        table: String,
        /// The column looked for.
        column: &'static str,
    },
    /// A row that cannot be read.
    #[error("a row of table {table} cannot be read: column {column}")]
    BadRow {
        /// The vPIC table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// Tables that never came, or came empty.
    #[error("the release has no rows in {}", .0.join(", "))]
    MissingTables(Vec<&'static str>),
    /// There is more of something than the index has room for.
    #[error("the release has more {0} than an index can hold")]
    TooMany(&'static str),
}

/// Takes the rows of a release, table by table in any order, and makes the index of them.
#[derive(Debug, Default)]
pub struct IndexBuilder {
    raw: Raw,
    current: Option<Current>,
}

#[derive(Debug)]
struct Current {
    table: Table,
    /// Where the wanted columns stand.
    places: Vec<usize>,
    /// The name of a look-up table.
    lookup: String,
}

impl IndexBuilder {
    /// The rows of `table` begin. False: decoding does not need them. Columns are found by name, however they are quoted
    /// and in whatever order.
    pub fn begin(&mut self, table: &str, columns: &[String]) -> Result<bool, BuildError> {
        let wanted = Table::find(table, columns);
        self.current = match wanted {
            Some(wanted) => Some(Current {
                table: wanted,
                places: wanted.places(table, columns)?,
                lookup: table.to_owned(),
            }),
            None => None,
        };
        Ok(wanted.is_some())
    }

    /// A row of the current table, with all of its columns; `None` is NULL.
    pub fn row(&mut self, fields: &[Option<&str>]) -> Result<(), BuildError> {
        let Some(current) = &self.current else {
            return Ok(());
        };
        let row = tables::Row::new(current.table, &current.places, fields);
        self.raw.take(&current.lookup, &row)
    }

    /// Every table is through.
    pub fn finish(self) -> Result<Index, BuildError> {
        let missing = self.raw.missing();
        if !missing.is_empty() {
            return Err(BuildError::MissingTables(missing));
        }
        compile::compile(self.raw)
    }
}
