//! What is done with releases that are loaded: list, validate again, go back, remove.

use super::data::for_schema;
use super::data::registry::{self, ReleaseRow, schema_of};
use super::load::{Session, limit_statements};
use super::validate::{self, Report, RowCounts, Subject};
use super::{Etl, EtlError, LiveRelease};
use std::future::Future;
use std::time::Duration;
use tokio_postgres::Client;

/// Ends work that takes longer than it may.
pub(super) async fn within<T>(
    limit_s: u64,
    work: impl Future<Output = Result<T, EtlError>>,
) -> Result<T, EtlError> {
    tokio::time::timeout(Duration::from_secs(limit_s), work)
        .await
        .unwrap_or(Err(EtlError::TooSlow { limit_s }))
}

/// A connection on which no statement takes longer than a command may.
async fn connect(etl: &Etl, name: &str) -> Result<Client, EtlError> {
    let client = pg::connect(&etl.database, name).await?;
    limit_statements(&client, etl.settings.command_timeout_s).await?;
    Ok(client)
}

/// Every attempt, the latest first.
pub(crate) async fn list(etl: &Etl) -> Result<Vec<ReleaseRow>, EtlError> {
    within(etl.settings.command_timeout_s, async {
        let client = connect(etl, "mvp-etl-releases").await?;
        registry::list(&client).await
    })
    .await
}

/// Checks a loaded release again, the live one unless told which.
pub(crate) async fn validate(etl: &Etl, release: Option<i32>) -> Result<Report, EtlError> {
    within(etl.settings.command_timeout_s, check(etl, release)).await
}

async fn check(etl: &Etl, release: Option<i32>) -> Result<Report, EtlError> {
    let client = connect(etl, "mvp-etl-validate").await?;
    let id = match release {
        Some(id) => id,
        None => {
            registry::live_release(&client)
                .await?
                .ok_or_else(|| EtlError::Missing("live release".to_owned()))?
                .id
        }
    };
    let row = client
        .query_opt(include_str!("data/queries/release_by_id.sql"), &[&id])
        .await?
        .filter(|row| ["live", "superseded"].contains(&row.get::<_, &str>("state")))
        .ok_or_else(|| EtlError::Missing(format!("complete release {id}")))?;
    let row_counts: RowCounts = count_rows(&client, &schema_of(id)).await?;
    let subject = Subject {
        release: id,
        month: row.get("month"),
        schema: &schema_of(id),
        row_counts: &row_counts,
    };
    validate::run(&client, &subject, etl.settings.shrink_limit_percent).await
}

/// The rows as they are now, not as the registry remembers them.
async fn count_rows(client: &Client, schema: &str) -> Result<RowCounts, EtlError> {
    let tables = client
        .query(
            include_str!("data/queries/tables_of_schema.sql"),
            &[&schema],
        )
        .await?;
    let mut counts = RowCounts::new();
    for table in tables {
        let name: String = table.get(0);
        let sql = for_schema(include_str!("data/queries/count_rows.sql"), schema);
        let row = client
            .query_one(&sql.replace("{table}", &name), &[])
            .await?;
        counts.insert(name, u64::try_from(row.get::<_, i64>(0)).unwrap_or(0));
    }
    Ok(counts)
}

/// Makes the release before the live one live again. Behind a load that is running it waits only if told to.
pub(crate) async fn rollback(etl: &Etl, wait: bool) -> Result<LiveRelease, EtlError> {
    let mut session = open(etl, wait).await?;
    within(etl.settings.command_timeout_s, async {
        session.limit(etl.settings.command_timeout_s).await?;
        session.sweep().await?;
        let transaction = session.client.transaction().await?;
        let previous = transaction
            .query_opt(include_str!("data/queries/previous_release.sql"), &[])
            .await?
            .ok_or_else(|| EtlError::Missing("release before the live one".to_owned()))?;
        let release = LiveRelease::new(previous.get("id"), previous.get("month"));
        registry::switch_to(&transaction, release.id).await?;
        transaction.commit().await?;
        Ok(release)
    })
    .await
}

/// Removes half-loaded releases, and complete ones beyond those to keep. Returns the latter with their months.
pub(crate) async fn prune(etl: &Etl) -> Result<Vec<(i32, String)>, EtlError> {
    let session = open(etl, false).await?;
    within(etl.settings.command_timeout_s, async {
        session.limit(etl.settings.command_timeout_s).await?;
        session.sweep().await?;
        session.remove_surplus(etl.settings.keep).await
    })
    .await
}

/// The lock. A load that is running may take as long as a load may.
async fn open(etl: &Etl, wait: bool) -> Result<Session, EtlError> {
    let limit_s = if wait {
        etl.settings.timeout_s
    } else {
        etl.settings.command_timeout_s
    };
    within(limit_s, Session::open(&etl.database, wait)).await
}
