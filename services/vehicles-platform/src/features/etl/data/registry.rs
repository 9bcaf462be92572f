//! The registry: which releases there are, and which one is live.

use super::super::{EtlError, LiveRelease, Month};
use serde::Serialize;
use serde_json::Value;
use tokio_postgres::{GenericClient, Row};

/// Listening processes learn of a switch by this channel; the payload is the id of the release that is live now.
const CHANNEL: &str = "mvp_release";

/// The statement that gives every attempt, the latest first.
pub(crate) const LIST_RELEASES: &str = include_str!("queries/list_releases.sql");

/// The schema of a release.
pub(crate) fn schema_of(id: i32) -> String {
    format!("release_{id}")
}

/// A row of the registry, as `etl releases` shows it.
#[derive(Debug, Serialize)]
pub(crate) struct ReleaseRow {
    pub(crate) id: i32,
    pub(crate) state: String,
    pub(crate) month: Option<String>,
    pub(crate) source: String,
    pub(crate) checksum: Option<String>,
    pub(crate) as_of: String,
    pub(crate) loaded_by: String,
    pub(crate) started_at: String,
    pub(crate) finished_at: Option<String>,
    pub(crate) live_since: Option<String>,
    pub(crate) row_counts: Option<Value>,
    pub(crate) phase_ms: Option<Value>,
    pub(crate) failure: Option<String>,
}

/// What a complete load leaves in the registry.
pub(crate) struct LoadResult<'a> {
    pub(crate) checksum: &'a str,
    pub(crate) month: &'a Month,
    pub(crate) row_counts: Value,
    pub(crate) phase_ms: Value,
    pub(crate) report: Value,
}

/// The release that is served, if there is one.
pub(crate) async fn live_release(
    client: &impl GenericClient,
) -> Result<Option<LiveRelease>, EtlError> {
    let row = client
        .query_opt(include_str!("queries/live_release.sql"), &[])
        .await?;
    Ok(row.map(|row| LiveRelease::new(row.get("id"), row.get("month"))))
}

/// Every attempt, the latest first.
pub(crate) async fn list(client: &impl GenericClient) -> Result<Vec<ReleaseRow>, EtlError> {
    let rows = client.query(LIST_RELEASES, &[]).await?;
    Ok(rows.iter().map(read_release).collect())
}

/// A row of [`LIST_RELEASES`].
pub(crate) fn read_release(row: &Row) -> ReleaseRow {
    ReleaseRow {
        id: row.get("id"),
        state: row.get("state"),
        month: row.get("month"),
        source: row.get("source"),
        checksum: row.get("checksum"),
        as_of: row.get("as_of"),
        loaded_by: row.get("loaded_by"),
        started_at: row.get("started_at"),
        finished_at: row.get("finished_at"),
        live_since: row.get("live_since"),
        row_counts: row.get("row_counts"),
        phase_ms: row.get("phase_ms"),
        failure: row.get("failure"),
    }
}

/// Registers an attempt and gives it its id.
pub(crate) async fn begin(
    client: &impl GenericClient,
    source: &str,
    checksum: Option<&str>,
    month: Option<&Month>,
    as_of: jiff::civil::Date,
    loaded_by: &str,
) -> Result<i32, EtlError> {
    let month = month.map(ToString::to_string);
    let row = client
        .query_one(
            include_str!("queries/insert_release.sql"),
            &[&source, &checksum, &month, &as_of.to_string(), &loaded_by],
        )
        .await?;
    Ok(row.get("id"))
}

/// A complete release with this content: its id, and whether it is live.
pub(crate) async fn with_checksum(
    client: &impl GenericClient,
    checksum: &str,
) -> Result<Option<(i32, bool)>, EtlError> {
    let row = client
        .query_opt(include_str!("queries/find_checksum.sql"), &[&checksum])
        .await?;
    Ok(row.map(|row| (row.get("id"), row.get::<_, &str>("state") == "live")))
}

/// Records what a load produced.
pub(crate) async fn record(
    client: &impl GenericClient,
    id: i32,
    result: &LoadResult<'_>,
) -> Result<(), EtlError> {
    client
        .execute(
            include_str!("queries/record_result.sql"),
            &[
                &id,
                &result.checksum,
                &result.month.to_string(),
                &result.row_counts,
                &result.phase_ms,
                &result.report,
            ],
        )
        .await?;
    Ok(())
}

/// Makes a release the live one and tells whoever listens. Inside a transaction, so that it is seen at once or never.
pub(crate) async fn switch_to(client: &impl GenericClient, id: i32) -> Result<(), EtlError> {
    client
        .execute(include_str!("queries/supersede_live.sql"), &[])
        .await?;
    let switched = client
        .execute(include_str!("queries/make_live.sql"), &[&id])
        .await?;
    if switched != 1 {
        return Err(EtlError::Missing(format!("release {id} to make live")));
    }
    client
        .execute(
            include_str!("queries/notify.sql"),
            &[&CHANNEL, &id.to_string()],
        )
        .await?;
    Ok(())
}

/// Records why an attempt failed.
pub(crate) async fn record_failure(
    client: &impl GenericClient,
    id: i32,
    reason: &str,
    report: Option<Value>,
) -> Result<(), EtlError> {
    client
        .execute(
            include_str!("queries/record_failure.sql"),
            &[&id, &reason, &report],
        )
        .await?;
    Ok(())
}

/// The month of the newest row, for sources whose name has none.
pub(crate) async fn newest_month(
    client: &impl GenericClient,
    schema: &str,
) -> Result<Month, EtlError> {
    let sql = super::for_schema(include_str!("queries/newest_change.sql"), schema);
    let newest: Option<String> = client.query_one(&sql, &[]).await?.get(0);
    newest
        .as_deref()
        .and_then(Month::parse)
        .ok_or_else(|| EtlError::Missing("date in the patterns to tell the month by".to_owned()))
}

/// The serving role must exist: a release that nobody may read is no use, and a wrong name would say nothing.
pub(crate) async fn require_reader(
    client: &impl GenericClient,
    role: Option<&str>,
) -> Result<(), EtlError> {
    let Some(role) = role else { return Ok(()) };
    let exists = client
        .query_opt(include_str!("queries/role_exists.sql"), &[&role])
        .await?;
    match exists {
        Some(_) => Ok(()),
        None => Err(EtlError::Settings(format!(
            "etl.reader_role: the database has no role {role:?}; make it, or set etl.reader_role to \"\" to grant nothing"
        ))),
    }
}

/// Lets the serving role read a schema.
pub(crate) async fn grant_read(
    client: &impl GenericClient,
    role: Option<&str>,
    schema: &str,
) -> Result<(), EtlError> {
    require_reader(client, role).await?;
    let Some(role) = role else { return Ok(()) };
    let role = role.replace('"', "\"\"");
    client
        .batch_execute(&format!(
            "GRANT USAGE ON SCHEMA {schema} TO \"{role}\";
             GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO \"{role}\""
        ))
        .await?;
    Ok(())
}
