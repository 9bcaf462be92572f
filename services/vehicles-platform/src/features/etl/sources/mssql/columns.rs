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
    pub(super) columns: Vec<SourceColumn>,
    /// The same in lower case and with PostgreSQL's types.
    pub(super) shape: TableShape,
}

/// A column under its own name.
#[derive(Debug)]
pub(super) struct SourceColumn {
    pub(super) name: String,
    /// Whether it holds text, whose order depends on a collation.
    pub(super) is_text: bool,
    /// Its place in the primary key.
    pub(super) key_position: Option<i32>,
}

impl SourceTable {
    /// Every row, in an order that depends on the rows alone, so that equal content has an equal checksum: by the
    /// primary key, or by all columns where there is none.
    pub(super) fn select(&self, schema: &str) -> String {
        let columns: Vec<_> = self.columns.iter().map(|c| bracketed(&c.name)).collect();
        let mut key: Vec<_> = self
            .columns
            .iter()
            .filter(|column| column.key_position.is_some())
            .collect();
        key.sort_by_key(|column| column.key_position);
        if key.is_empty() {
            key = self.columns.iter().collect();
        }
        let order: Vec<_> = key.into_iter().map(SourceColumn::in_order).collect();
        include_str!("select.sql")
            .replace("{columns}", &columns.join(", "))
            .replace(
                "{table}",
                &format!("{}.{}", bracketed(schema), bracketed(&self.name)),
            )
            .replace("{order}", &order.join(", "))
    }
}

impl SourceColumn {
    /// What to order by. A collation may hold texts of different case or with blanks at the end for equal, and `text` and
    /// `ntext` cannot be ordered at all: bytes can, and tell all texts apart.
    fn in_order(&self) -> String {
        let name = bracketed(&self.name);
        if self.is_text {
            format!("CAST(CAST({name} AS nvarchar(max)) AS varbinary(max))")
        } else {
            name
        }
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
            let shape = column(row)?;
            last.columns.push(SourceColumn {
                name: text(row, 1)?.to_owned(),
                is_text: is_text(text(row, 2)?),
                key_position: number(row, 7)?,
            });
            last.shape.columns.push(shape);
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

fn is_text(data_type: &str) -> bool {
    data_type.ends_with("char") || data_type.ends_with("text")
}

fn column(row: &Row) -> Result<Column, SourceError> {
    let described = Described {
        data_type: text(row, 2)?,
        length: number(row, 3)?,
        precision: number(row, 4)?,
        scale: number(row, 5)?,
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

fn number(row: &Row, index: usize) -> Result<Option<i32>, SourceError> {
    row.try_get::<i32, usize>(index).map_err(SourceError::Mssql)
}
