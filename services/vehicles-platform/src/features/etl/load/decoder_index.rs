//! The index that VINs are decoded from: built beside the catalogue while a release loads, kept in the release's schema.

use super::super::EtlError;
use super::super::data::{for_schema, vin_index_table};
use super::super::domain::tables::{each_row, field_text};
use super::super::rows::{RowSink, TableShape};
use super::super::sources::{Gauge, OpenSource};
use super::unfit;
use bytes::Bytes;
use futures_util::StreamExt;
use std::borrow::Cow;
use std::pin::pin;
use tokio_postgres::{Client, GenericClient};
use vin_decoder::{Index, IndexBuilder};

/// PostgreSQL gets the index in parts of this size.
const PART_BYTES: usize = 1 << 20;
/// zstd's own default: a third of the size, at some 200 MB a second.
const COMPRESSION: i32 = 3;

/// Takes COPY blocks and makes an index of them.
#[derive(Default)]
pub(super) struct IndexRows {
    builder: IndexBuilder,
    wanted: bool,
}

impl IndexRows {
    /// The rows of a table begin.
    pub(super) fn begin(&mut self, table: &str, columns: &[String]) -> Result<(), EtlError> {
        self.wanted = self.builder.begin(table, columns).map_err(unfit)?;
        Ok(())
    }

    /// Whole lines of the current table.
    pub(super) fn rows(&mut self, lines: &[u8]) -> Result<(), EtlError> {
        if !self.wanted {
            return Ok(());
        }
        let mut texts: Vec<Option<Cow<'_, str>>> = Vec::new();
        each_row(lines, |fields| {
            texts.clear();
            for field in fields {
                texts.push(
                    field_text(field)
                        .ok_or(EtlError::Source(super::super::SourceError::NotUtf8))?,
                );
            }
            let row: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
            self.builder.row(&row).map_err(unfit)
        })
    }

    /// Every table is through: the index, packed.
    pub(super) fn finish(self) -> Result<Vec<u8>, EtlError> {
        let index = self.builder.finish().map_err(unfit)?;
        pack(&index).map_err(|error| EtlError::Derivation(Box::new(error)))
    }
}

fn pack(index: &Index) -> std::io::Result<Vec<u8>> {
    let mut encoder = zstd::Encoder::new(Vec::new(), COMPRESSION)?;
    index.write_to(&mut encoder)?;
    encoder.finish()
}

/// The index of a dump, without a database.
pub(in super::super) fn of_source(source: OpenSource) -> Result<Index, EtlError> {
    let mut rows = IndexRows::default();
    source.reader.read(&Gauge::default(), &mut rows)?;
    rows.builder.finish().map_err(unfit)
}

impl RowSink for IndexRows {
    fn begin(&mut self, shape: &TableShape) -> Result<(), EtlError> {
        Self::begin(self, &shape.name, &shape.column_names())
    }

    fn rows(&mut self, lines: Bytes) -> Result<(), EtlError> {
        Self::rows(self, &lines)
    }

    fn end(&mut self) -> Result<(), EtlError> {
        Ok(())
    }
}

/// Writes a packed index into a release's schema.
pub(super) async fn write(
    client: &impl GenericClient,
    schema: &str,
    packed: &[u8],
) -> Result<(), EtlError> {
    let create = include_str!("../data/queries/create_vin_index.sql");
    client.batch_execute(&for_schema(create, schema)).await?;
    let insert = for_schema(include_str!("../data/queries/insert_vin_index.sql"), schema);
    let insert = client.prepare(&insert).await?;
    for (part, bytes) in (0_i32..).zip(packed.chunks(PART_BYTES)) {
        client.execute(&insert, &[&part, &bytes]).await?;
    }
    Ok(())
}

/// Builds the index of a release that an earlier version of this program loaded, out of its raw tables. False: it has one.
pub(in super::super) async fn ensure(client: &mut Client, schema: &str) -> Result<bool, EtlError> {
    let known = include_str!("../data/queries/has_vin_index.sql");
    let known = client
        .query_opt(known, &[&schema, &vin_index_table()])
        .await?;
    if known.is_some() {
        return Ok(false);
    }
    let packed = read_back(client, schema).await?;
    let transaction = client.transaction().await?;
    write(&transaction, schema, &packed).await?;
    transaction.commit().await?;
    Ok(true)
}

async fn read_back(client: &Client, schema: &str) -> Result<Vec<u8>, EtlError> {
    let sql = include_str!("../data/queries/tables_of_schema.sql");
    let tables: Vec<String> = client
        .query(sql, &[&schema])
        .await?
        .iter()
        .map(|row| row.get(0))
        .collect();
    let mut rows = IndexRows::default();
    let raw = |table: &String| !table.starts_with("catalog_") && !table.starts_with("vin_index_");
    for table in tables.into_iter().filter(raw) {
        let statement = for_schema(include_str!("../data/queries/no_rows.sql"), schema);
        let statement = statement.replace("{table}", &table);
        let columns = client.prepare(&statement).await?;
        let columns: Vec<String> = columns
            .columns()
            .iter()
            .map(|column| column.name().to_owned())
            .collect();
        rows.begin(&table, &columns)?;
        if rows.wanted {
            read_table(client, schema, &table, &mut rows).await?;
        }
    }
    tokio::task::spawn_blocking(move || rows.finish())
        .await
        .map_err(|error| EtlError::Derivation(Box::new(error)))?
}

async fn read_table(
    client: &Client,
    schema: &str,
    table: &str,
    rows: &mut IndexRows,
) -> Result<(), EtlError> {
    let statement = format!("COPY {schema}.\"{table}\" TO STDOUT");
    let mut lines = pin!(client.copy_out(&statement).await?);
    // PostgreSQL sends a line a message; the reader wants whole lines, however many.
    while let Some(line) = lines.next().await {
        let line: Bytes = line?;
        rows.rows(&line)?;
    }
    Ok(())
}
