//! The ETL: an NHTSA vPIC release becomes a schema of its own, is validated, and is made live in one transaction.
#![doc = include_str!("README.md")]

mod data;
pub(crate) mod domain;
mod dump;
mod error;
mod load;
mod month;
mod release_watch;
mod releases;
mod rows;
mod schedule;
mod settings;
mod sources;
mod validate;

pub(crate) use data::registry::ReleaseRow;
pub(crate) use domain::derive::naming;
pub(crate) use error::{EtlError, SourceError};
pub(crate) use load::{LoadRequest, Outcome, ProgressFormat, load};
pub(crate) use month::Month;
pub(crate) use release_watch::{ReleaseWatch, Served};
pub(crate) use releases::{list, prune, rollback, validate};
pub(crate) use schedule::run as run_schedule;
pub(crate) use settings::EtlSettings;
pub(crate) use sources::SourceAddress;

use pg::{DatabaseSettings, Migration};

/// The ETL of one database.
#[derive(Debug, Clone)]
pub(crate) struct Etl {
    /// The database, entered as its owner.
    pub(crate) database: DatabaseSettings,
    pub(crate) settings: EtlSettings,
}

/// The release that is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LiveRelease {
    pub(crate) id: i32,
    /// As `2026-10`.
    pub(crate) month: String,
    /// Month and id, as `2026-10-3`: tells two loads of one month apart.
    pub(crate) label: String,
    /// The schema that holds its tables.
    pub(crate) schema: String,
}

impl LiveRelease {
    pub(crate) fn new(id: i32, month: String) -> Self {
        Self {
            id,
            label: format!("{month}-{id}"),
            month,
            schema: data::registry::schema_of(id),
        }
    }
}

/// The statement that gives the parts of a release's index for decoding VINs, in order.
pub(crate) fn vin_index_parts(live: &LiveRelease) -> String {
    data::for_schema(
        include_str!("data/queries/vin_index_parts.sql"),
        &live.schema,
    )
}

/// The statement that gives `id` and `month` of the release that is served.
const LIVE_RELEASE: &str = include_str!("data/queries/live_release.sql");

/// The index for decoding VINs out of a dump, without a database; and the release's month, where its name says it.
pub(crate) async fn vin_index_of(
    address: &SourceAddress,
    settings: &EtlSettings,
) -> Result<(vin_decoder::Index, Option<Month>), EtlError> {
    let source = sources::open(address, settings, &std::sync::Arc::default()).await?;
    let month = source.month.clone();
    let index = tokio::task::spawn_blocking(move || load::vin_index_of_source(source))
        .await
        .map_err(|_| EtlError::Stopped)??;
    Ok((index, month))
}

/// The name of the capsule and of its PostgreSQL schema.
pub(crate) const CAPSULE: &str = "etl";

/// The migrations of the registry.
pub(crate) fn migrations() -> Vec<Migration> {
    vec![
        Migration {
            name: "V1__create_registry",
            sql: include_str!("migrations/V1__create_registry.sql"),
        },
        Migration {
            name: "V2__create_scheduled_run",
            sql: include_str!("migrations/V2__create_scheduled_run.sql"),
        },
    ]
}

/// Brings the registry to this program's version and says how many steps that took. A live release that an earlier version
/// loaded gets the index it lacks.
pub(crate) async fn migrate(etl: &Etl) -> Result<usize, EtlError> {
    let reader = etl.settings.reader_role();
    let limit_s = etl.settings.command_timeout_s;
    releases::within(limit_s, async {
        let mut client = pg::connect(&etl.database, "mvp-migrate").await?;
        load::limit_statements(&client, limit_s).await?;
        let applied = pg::migrate(&mut client, CAPSULE, &migrations()).await?;
        data::registry::grant_read(&client, reader, CAPSULE).await?;
        if let Some(live) = data::registry::live_release(&client).await?
            && load::ensure_vin_index(&mut client, &live.schema).await?
        {
            data::registry::grant_read(&client, reader, &live.schema).await?;
        }
        Ok(applied)
    })
    .await
}
