//! Reads a `pg_dump` text file as a stream: tables and their rows, everything else passed over.
//!
//! NHTSA's file also holds functions, views, sequences, settings that older servers refuse, `\restrict` lines and
//! generated columns; none of them is executed here, because nothing of the file is.

mod column_type;
mod copy_header;
mod create_table;
mod line_buffer;
mod statements;

pub(super) use create_table::identifier;

#[cfg(test)]
mod tests;

use super::rows::{RowSink, TableShape};
use super::{EtlError, SourceError};
use create_table::{DeclaredColumn, DeclaredTable};
use line_buffer::LineBuffer;
use statements::StatementSplitter;
use std::collections::HashMap;
use std::io::Read;

/// Tables that are not loaded: NHTSA's cache of what can be computed from the patterns (three quarters of the
/// loaded size), and its list of exceptions.
pub(crate) const SKIPPED_TABLES: [&str; 2] =
    ["wmiyearvalidchars", "wmiyearvalidchars_cacheexceptions"];

/// Reads the whole dump into the sink.
pub(crate) fn read_dump(reader: impl Read, sink: &mut dyn RowSink) -> Result<(), EtlError> {
    let mut lines = LineBuffer::new(reader);
    let mut statements = StatementSplitter::default();
    let mut tables: HashMap<String, DeclaredTable> = HashMap::new();
    while let Some(line) = lines.next_line()? {
        for statement in statements.push_line(&line)? {
            if let Some(table) = create_table::parse(&statement) {
                tables.insert(table.name.clone(), table);
            } else if let Some(header) = copy_header::parse(&statement) {
                let shape = shape_of(&tables, &header)?;
                pass_rows(&mut lines, &header.table, shape.as_ref(), sink)?;
            } else {
                check_encoding(&statement)?;
            }
        }
    }
    if statements.saw_end_of_dump() {
        Ok(())
    } else {
        Err(SourceError::NoEndMarker.into())
    }
}

fn pass_rows<R: Read>(
    lines: &mut LineBuffer<R>,
    table: &str,
    shape: Option<&TableShape>,
    sink: &mut dyn RowSink,
) -> Result<(), EtlError> {
    if let Some(shape) = shape {
        sink.begin(shape)?;
    }
    while let Some(chunk) = lines.next_rows(table)? {
        if shape.is_some() {
            sink.rows(chunk)?;
        }
    }
    if shape.is_some() {
        sink.end()?;
    }
    Ok(())
}

/// The columns that come, in the order in which they come; nothing for a table that is not loaded.
fn shape_of(
    tables: &HashMap<String, DeclaredTable>,
    header: &copy_header::CopyHeader,
) -> Result<Option<TableShape>, SourceError> {
    if SKIPPED_TABLES.contains(&header.table.as_str()) {
        return Ok(None);
    }
    let declared = tables
        .get(&header.table)
        .ok_or_else(|| SourceError::UndeclaredTable {
            table: header.table.clone(),
        })?;
    let columns = header
        .columns
        .iter()
        .map(|name| {
            let unknown = || SourceError::UndeclaredColumn {
                table: header.table.clone(),
                column: name.clone(),
            };
            declared
                .columns
                .iter()
                .find(|column| column.name == *name)
                .ok_or_else(unknown)
                .and_then(|column| column.allowed(&header.table))
        })
        .collect::<Result<_, _>>()?;
    Ok(Some(TableShape {
        name: header.table.clone(),
        columns,
    }))
}

impl DeclaredColumn {
    fn allowed(&self, table: &str) -> Result<super::rows::Column, SourceError> {
        match &self.sql_type {
            Ok(sql_type) => Ok(super::rows::Column {
                name: self.name.clone(),
                sql_type: sql_type.clone(),
                not_null: self.not_null,
            }),
            Err(refused) => Err(SourceError::ColumnType {
                table: table.to_owned(),
                column: self.name.clone(),
                sql_type: refused.clone(),
            }),
        }
    }
}

/// The rows go to PostgreSQL as they come, so they must be what this session says they are.
fn check_encoding(statement: &str) -> Result<(), SourceError> {
    match statement.strip_prefix("SET client_encoding") {
        Some(value) if !value.contains("UTF8") => Err(SourceError::Encoding {
            encoding: value.trim_matches([' ', '=', '\'', ';']).to_owned(),
        }),
        _ => Ok(()),
    }
}
