//! Writes the derived catalogue: each table by one COPY, in text form.

use super::super::EtlError;
use super::super::domain::catalog::Catalog;
use super::super::validate::RowCounts;
use super::tables::refused;
use bytes::Bytes;
use futures_util::SinkExt;
use std::fmt::{Display, Write};
use std::pin::pin;
use tokio_postgres::Client;

/// A block goes out when it is this long.
const BLOCK_BYTES: usize = 256 * 1024;

/// Fills the `catalog_*` tables and counts their rows.
pub(super) async fn write(
    client: &Client,
    schema: &str,
    catalog: &Catalog,
    counts: &mut RowCounts,
) -> Result<(), EtlError> {
    let mut copier = Copier {
        client,
        schema,
        counts,
    };
    copier
        .copy("catalog_make", &catalog.makes, |line, make| {
            line.value(make.id).text(&make.name);
        })
        .await?;
    copier
        .copy("catalog_model", &catalog.models, |line, model| {
            line.value(model.id).value(model.make_id).text(&model.name);
        })
        .await?;
    copier
        .copy("catalog_trim", &catalog.trims, |line, trim| {
            line.value(trim.id).text(&trim.name);
        })
        .await?;
    copier
        .copy("catalog_engine", &catalog.engines, |line, engine| {
            let displacement_l = engine
                .displacement_dl
                .map(|dl| format!("{}.{}", dl / 10, dl % 10));
            line.value(engine.id)
                .text(&engine.name)
                .optional(displacement_l)
                .optional(engine.cylinders)
                .optional_text(engine.configuration.as_deref())
                .optional_text(engine.fuel_primary.as_deref())
                .optional_text(engine.fuel_secondary.as_deref())
                .optional_text(engine.electrification.as_deref())
                .optional(engine.turbo)
                .optional_text(engine.engine_model.as_deref());
        })
        .await?;
    copy_joint_rows(&mut copier, catalog).await
}

/// What refers to makes, models, trims and engines.
async fn copy_joint_rows(copier: &mut Copier<'_>, catalog: &Catalog) -> Result<(), EtlError> {
    copier
        .copy(
            "catalog_transmission",
            &catalog.transmissions,
            |line, transmission| {
                line.value(transmission.id)
                    .text(&transmission.name)
                    .optional_text(transmission.style.as_deref())
                    .optional(transmission.speeds);
            },
        )
        .await?;
    copier
        .copy("catalog_model_year", &catalog.model_years, |line, row| {
            line.value(row.year)
                .value(row.make_id)
                .value(row.model_id)
                .value(row.vehicle_types);
        })
        .await?;
    copier
        .copy(
            "catalog_configuration",
            &catalog.configurations,
            |line, row| {
                line.value(row.year)
                    .value(row.model_id)
                    .optional(row.trim_id)
                    .optional(row.engine_id)
                    .optional(row.transmission_id)
                    .optional(row.power_hp_min)
                    .optional(row.power_hp_max);
            },
        )
        .await
}

struct Copier<'a> {
    client: &'a Client,
    schema: &'a str,
    counts: &'a mut RowCounts,
}

impl Copier<'_> {
    async fn copy<T>(
        &mut self,
        table: &str,
        rows: &[T],
        write_row: impl Fn(&mut Line<'_>, &T),
    ) -> Result<(), EtlError> {
        let refused = |source| refused(table, source);
        let statement = format!(
            "COPY {}.{table} FROM STDIN (FORMAT text, FREEZE true)",
            self.schema
        );
        let sink = self
            .client
            .copy_in::<_, Bytes>(&statement)
            .await
            .map_err(refused)?;
        let mut sink = pin!(sink);
        let mut block = String::with_capacity(BLOCK_BYTES + 4_096);
        for row in rows {
            let mut line = Line {
                text: &mut block,
                begun: false,
            };
            write_row(&mut line, row);
            block.push('\n');
            if block.len() >= BLOCK_BYTES {
                let full =
                    std::mem::replace(&mut block, String::with_capacity(BLOCK_BYTES + 4_096));
                sink.send(Bytes::from(full)).await.map_err(refused)?;
            }
        }
        sink.send(Bytes::from(block)).await.map_err(refused)?;
        let count = sink.finish().await.map_err(refused)?;
        self.counts.insert(table.to_owned(), count);
        Ok(())
    }
}

/// One row in the text form of COPY.
struct Line<'a> {
    text: &'a mut String,
    begun: bool,
}

impl Line<'_> {
    fn separate(&mut self) {
        if self.begun {
            self.text.push('\t');
        }
        self.begun = true;
    }

    /// A value whose text has nothing to escape: numbers and booleans.
    fn value(&mut self, value: impl Display) -> &mut Self {
        self.separate();
        // Writing to a string cannot fail.
        let _ = write!(self.text, "{value}");
        self
    }

    fn optional(&mut self, value: Option<impl Display>) -> &mut Self {
        match value {
            Some(value) => self.value(value),
            None => self.value("\\N"),
        }
    }

    fn text(&mut self, value: &str) -> &mut Self {
        self.separate();
        super::super::rows::push_copy_text(self.text, value);
        self
    }

    fn optional_text(&mut self, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(value),
            None => self.value("\\N"),
        }
    }
}
