//! What tenants have set, version by version.

use jiff::Timestamp;
use pg::{Db, DbError, Transaction};
use serde_json::{Map, Value};
use tokio_postgres::Row;
use uuid::Uuid;

/// All that a tenant has set, as of a version.
#[derive(Debug, Clone, Default)]
pub(crate) struct Version {
    /// 0 before anything was set.
    pub(crate) number: i64,
    pub(crate) values: Map<String, Value>,
    pub(crate) changed_at: Timestamp,
    pub(crate) changed_by: String,
}

/// The version of a tenant's configuration; 0 before anything was set.
pub(crate) async fn version_of(db: &Db, tenant: Uuid) -> Result<i64, DbError> {
    let row = db
        .query_opt(include_str!("queries/version_of.sql"), &[&tenant])
        .await?;
    Ok(row.map_or(0, |row| row.get("version")))
}

pub(crate) async fn latest(db: &Db, tenant: Uuid) -> Result<Version, DbError> {
    let row = db
        .query_opt(include_str!("queries/latest_version.sql"), &[&tenant])
        .await?;
    Ok(row.as_ref().map(version).unwrap_or_default())
}

pub(crate) async fn latest_in(transaction: &Transaction, tenant: Uuid) -> Result<Version, DbError> {
    let row = transaction
        .query_opt(include_str!("queries/latest_version.sql"), &[&tenant])
        .await?;
    Ok(row.as_ref().map(version).unwrap_or_default())
}

/// One version; version 0 has nothing set.
pub(crate) async fn at(db: &Db, tenant: Uuid, number: i64) -> Result<Option<Version>, DbError> {
    if number == 0 {
        return Ok(Some(Version::default()));
    }
    let row = db
        .query_opt(include_str!("queries/version_at.sql"), &[&tenant, &number])
        .await?;
    Ok(row.as_ref().map(version))
}

pub(crate) async fn history(
    db: &Db,
    tenant: Uuid,
    before: Option<i64>,
    rows: i64,
) -> Result<Vec<Version>, DbError> {
    let before = before.unwrap_or(i64::MAX);
    let rows = db
        .query(
            include_str!("queries/history.sql"),
            &[&tenant, &before, &rows],
        )
        .await?;
    Ok(rows.iter().map(version).collect())
}

pub(crate) async fn insert(
    transaction: &Transaction,
    tenant: Uuid,
    version: &Version,
) -> Result<(), DbError> {
    let values = Value::Object(version.values.clone());
    transaction
        .execute(
            include_str!("queries/insert_version.sql"),
            &[&tenant, &version.number, &values, &version.changed_by],
        )
        .await
        .map(|_| ())
}

/// Removes what belongs to a tenant.
pub(crate) async fn purge(transaction: &Transaction, tenant: Uuid) -> Result<(), DbError> {
    transaction
        .execute(include_str!("queries/purge_versions.sql"), &[&tenant])
        .await
        .map(|_| ())
}

fn version(row: &Row) -> Version {
    let values = match row.get("values") {
        Value::Object(values) => values,
        _ => Map::new(),
    };
    Version {
        number: row.get("version"),
        values,
        changed_at: row.get("changed_at"),
        changed_by: row.get("changed_by"),
    }
}
