//! The tables and columns of a SQL Server, as PostgreSQL will have them.

use super::super::super::dump::identifier;
use super::super::super::rows::{Column, TableShape};
use super::super::super::{EtlError, SourceError};
use super::Connection;
use tiberius::Row;

/// Not vPIC's: SQL Server Management Studio's drawings.
const FOREIGN_TABLES: [&str; 1] = ["sysdiagrams"];

/// A table under its own names and under ours.
#[derive(Debug)]
pub(super) struct SourceTable {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    /// The same in lower case and with PostgreSQL's types.
    pub(super) shape: TableShape,
}

impl SourceTable {
    /// Every row, in an order that depends on the rows alone, so that equal content has an equal checksum.
    pub(super) fn select(&self, schema: &str) -> String {
        let columns: Vec<_> = self.columns.iter().map(|name| bracketed(name)).collect();
        let order: Vec<_> = columns.iter().take(2).map(String::as_str).collect();
        include_str!("select.sql")
            .replace("{columns}", &columns.join(", "))
            .replace(
                "{table}",
                &format!("{}.{}", bracketed(schema), bracketed(&self.name)),
            )
            .replace("{order}", &order.join(", "))
    }
}

fn bracketed(name: &str) -> String {
    format!("[{}]", name.replace(']', "]]"))
}

/// A column as the information schema describes it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Described<'a> {
    pub(super) data_type: &'a str,
    /// In characters; -1 is `max`.
    pub(super) length: Option<i32>,
    pub(super) precision: Option<i32>,
    pub(super) scale: Option<i32>,
}

impl Described<'_> {
    /// PostgreSQL's type for it, if there is one that a release may have.
    pub(super) fn sql_type(self) -> Option<String> {
        Some(match self.data_type {
            "tinyint" | "smallint" => "smallint".to_owned(),
            "int" => "integer".to_owned(),
            "bigint" => "bigint".to_owned(),
            "bit" => "boolean".to_owned(),
            "real" => "real".to_owned(),
            "float" => "double precision".to_owned(),
            "decimal" | "numeric" => match (self.precision, self.scale) {
                (Some(precision), scale) => format!("numeric({precision},{})", scale.unwrap_or(0)),
                (None, _) => "numeric".to_owned(),
            },
            "char" | "varchar" | "nchar" | "nvarchar" => match self.length {
                Some(length) if length > 0 => format!("character varying({length})"),
                _ => "character varying".to_owned(),
            },
            "text" | "ntext" => "text".to_owned(),
            "date" => "date".to_owned(),
            "datetime" | "datetime2" | "smalldatetime" => "timestamp without time zone".to_owned(),
            "uniqueidentifier" => "uuid".to_owned(),
            _ => return None,
        })
    }
}

/// Every table of the schema with its columns in their order.
pub(super) async fn list(
    connection: &mut Connection,
    schema: &str,
) -> Result<Vec<SourceTable>, EtlError> {
    let sql = include_str!("columns.sql").replace("{schema}", &schema.replace('\'', "''"));
    let rows = connection
        .simple_query(sql)
        .await
        .map_err(SourceError::Mssql)?
        .into_first_result()
        .await
        .map_err(SourceError::Mssql)?;
    let mut tables: Vec<SourceTable> = Vec::new();
    for row in &rows {
        let table = text(row, 0)?;
        if FOREIGN_TABLES.contains(&table) {
            continue;
        }
        plain_name(table)?;
        if tables.last().is_none_or(|last| last.name != table) {
            tables.push(SourceTable {
                name: table.to_owned(),
                columns: Vec::new(),
                shape: TableShape {
                    name: table.to_lowercase(),
                    columns: Vec::new(),
                },
            });
        }
        if let Some(last) = tables.last_mut() {
            last.shape.columns.push(column(row)?);
            last.columns.push(text(row, 1)?.to_owned());
        }
    }
    Ok(tables)
}

/// Names become PostgreSQL's: what could end a quoted name there is refused here.
fn plain_name(name: &str) -> Result<(), SourceError> {
    match identifier(name) {
        Some(plain) if plain == name => Ok(()),
        _ => Err(SourceError::Name(name.chars().take(80).collect())),
    }
}

fn column(row: &Row) -> Result<Column, SourceError> {
    let number = |index| row.try_get::<i32, usize>(index).map_err(SourceError::Mssql);
    let described = Described {
        data_type: text(row, 2)?,
        length: number(3)?,
        precision: number(4)?,
        scale: number(5)?,
    };
    plain_name(text(row, 1)?)?;
    let name = text(row, 1)?.to_lowercase();
    let sql_type = described
        .sql_type()
        .ok_or_else(|| SourceError::ColumnType {
            table: text(row, 0).unwrap_or_default().to_lowercase(),
            column: name.clone(),
            sql_type: described.data_type.to_owned(),
        })?;
    Ok(Column {
        name,
        sql_type,
        not_null: text(row, 6)? == "NO",
    })
}

fn text(row: &Row, index: usize) -> Result<&str, SourceError> {
    Ok(row
        .try_get::<&str, usize>(index)
        .map_err(SourceError::Mssql)?
        .unwrap_or_default())
}
