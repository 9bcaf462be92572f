//! Writes the raw tables: each is created as the source declares it and filled by COPY, the rows unchanged.

use super::super::EtlError;
use super::super::rows::TableShape;
use super::super::sources::Gauge;
use super::super::validate::RowCounts;
use super::reading::{Event, Reading};
use super::tracker::{Step, Tracker};
use bytes::Bytes;
use futures_util::SinkExt;
use std::pin::pin;
use tokio_postgres::Client;

/// Writes every table that comes and counts its rows.
pub(super) async fn write(
    client: &Client,
    schema: &str,
    reading: &mut Reading,
    tracker: &Tracker,
    gauge: &Gauge,
) -> Result<RowCounts, EtlError> {
    tracker.enter(Step::Read);
    let mut counts = RowCounts::new();
    loop {
        match reading.next().await? {
            Event::Begin(shape) => {
                client.batch_execute(&create_table(schema, &shape)).await?;
                let tell = || tracker.tell(&shape.name, gauge.percent());
                let rows = copy(client, schema, &shape, reading, tell).await?;
                counts.insert(shape.name, rows);
            }
            Event::Complete(_) => return Ok(counts),
            // A block or an end belongs to a table and is taken by `copy`.
            Event::Rows(_) | Event::End | Event::Failed(_) => return Err(EtlError::Stopped),
        }
    }
}

async fn copy(
    client: &Client,
    schema: &str,
    shape: &TableShape,
    reading: &mut Reading,
    tell: impl Fn(),
) -> Result<u64, EtlError> {
    let refused = |source| refused(&shape.name, source);
    let sink = client
        .copy_in::<_, Bytes>(&copy_statement(schema, shape))
        .await
        .map_err(refused)?;
    let mut sink = pin!(sink);
    while let Event::Rows(lines) = reading.next().await? {
        sink.send(lines).await.map_err(refused)?;
        tell();
    }
    sink.finish().await.map_err(refused)
}

/// The names of schema, table and columns hold letters, digits and underscores only; quoted they mean what they say.
fn create_table(schema: &str, shape: &TableShape) -> String {
    let columns: Vec<_> = shape
        .columns
        .iter()
        .map(|column| {
            let null = if column.not_null { " NOT NULL" } else { "" };
            format!("\"{}\" {}{null}", column.name, column.sql_type)
        })
        .collect();
    format!(
        "CREATE TABLE {schema}.\"{}\" ({})",
        shape.name,
        columns.join(", ")
    )
}

fn copy_statement(schema: &str, shape: &TableShape) -> String {
    let columns: Vec<_> = shape
        .columns
        .iter()
        .map(|column| format!("\"{}\"", column.name))
        .collect();
    format!(
        "COPY {schema}.\"{}\" ({}) FROM STDIN (FORMAT text, FREEZE true)",
        shape.name,
        columns.join(", ")
    )
}

/// A lost connection is the database's; anything else is about the rows, and PostgreSQL says which.
pub(super) fn refused(table: &str, source: tokio_postgres::Error) -> EtlError {
    match source.as_db_error() {
        Some(reason) => EtlError::Rows {
            table: table.to_owned(),
            place: reason
                .where_()
                .map_or_else(|| "no line named".to_owned(), line_of),
            source,
        },
        None => source.into(),
    }
}

/// `COPY pattern, line 5` of `COPY pattern, line 5, column id: "x"`.
fn line_of(place: &str) -> String {
    let place = place.lines().next().unwrap_or_default();
    place
        .split_once(": ")
        .map_or(place, |(before, _)| before)
        .to_owned()
}
