//! The table of keys.

use jiff::Timestamp;
use jiff::civil::Date;
use pg::{Db, DbError, Transaction};
use serde::Serialize;
use std::collections::BTreeMap;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;

/// A key, without its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ApiKey {
    /// Part of the key; no secret.
    #[schema(example = "aB3dE6gH9jK2")]
    pub(crate) id: String,
    pub(crate) tenant_id: Uuid,
    pub(crate) name: String,
    #[schema(example = json!(["vehicles:read"]))]
    pub(crate) scopes: Vec<String>,
    /// CIDR; none means everywhere.
    pub(crate) networks: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
    /// The person that made it.
    pub(crate) created_by: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) expires_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) revoked_at: Option<Timestamp>,
    /// To the minute or so.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) last_used_at: Option<Timestamp>,
    /// The key that takes its place.
    pub(crate) replaced_by: Option<String>,
}

/// Requests of a day (UTC).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct DailyUsage {
    #[schema(value_type = String, format = Date)]
    pub(crate) day: Date,
    pub(crate) requests: i64,
}

pub(crate) async fn insert(
    transaction: &Transaction,
    key: &ApiKey,
    secret_hash: &[u8],
) -> Result<(), DbError> {
    transaction
        .execute(
            include_str!("queries/insert_key.sql"),
            &[
                &key.id,
                &key.tenant_id,
                &key.name,
                &secret_hash,
                &key.scopes,
                &key.networks,
                &key.created_by,
                &key.expires_at,
                &key.created_at,
            ],
        )
        .await
        .map(|_| ())
}

pub(crate) async fn list(
    db: &Db,
    tenant: Uuid,
    after: Option<String>,
    rows: i64,
) -> Result<Vec<ApiKey>, DbError> {
    let rows = db
        .query(
            include_str!("queries/list_keys.sql"),
            &[&tenant, &after, &rows],
        )
        .await?;
    Ok(rows.iter().map(key_of).collect())
}

/// Every key of a tenant.
pub(crate) async fn all_of(db: &Db, tenant: Uuid) -> Result<Vec<ApiKey>, DbError> {
    list(db, tenant, None, i64::MAX).await
}

pub(crate) async fn find(db: &Db, tenant: Uuid, id: &str) -> Result<Option<ApiKey>, DbError> {
    let row = db
        .query_opt(include_str!("queries/find_key.sql"), &[&tenant, &id])
        .await?;
    Ok(row.as_ref().map(key_of))
}

/// The key, kept for this transaction to change.
pub(crate) async fn lock(
    transaction: &Transaction,
    tenant: Uuid,
    id: &str,
) -> Result<Option<ApiKey>, DbError> {
    let row = transaction
        .query_opt(include_str!("queries/lock_key.sql"), &[&tenant, &id])
        .await?;
    Ok(row.as_ref().map(key_of))
}

/// The key with its secret's hash, by id alone.
pub(crate) async fn with_hash(db: &Db, id: &str) -> Result<Option<(ApiKey, Vec<u8>)>, DbError> {
    let row = db
        .query_opt(include_str!("queries/key_with_hash.sql"), &[&id])
        .await?;
    Ok(row.map(|row| (key_of(&row), row.get("secret_hash"))))
}

/// Writes what may change.
pub(crate) async fn update(transaction: &Transaction, key: &ApiKey) -> Result<(), DbError> {
    transaction
        .execute(
            include_str!("queries/update_key.sql"),
            &[
                &key.id,
                &key.name,
                &key.scopes,
                &key.networks,
                &key.expires_at,
                &key.revoked_at,
                &key.replaced_by,
            ],
        )
        .await
        .map(|_| ())
}

/// Whether a report is new; from here on it is known.
pub(crate) async fn is_new_report(
    transaction: &Transaction,
    consumer: &str,
    key: &str,
) -> Result<bool, DbError> {
    let sql = include_str!("queries/insert_report.sql");
    let inserted = transaction.execute(sql, &[&consumer, &key]).await?;
    Ok(inserted > 0)
}

/// Counts requests by key and day; says what they come to by tenant. Unknown keys are passed over.
pub(crate) async fn count(
    transaction: &Transaction,
    used: &BTreeMap<(&str, Date), i64>,
) -> Result<BTreeMap<(Uuid, Date), i64>, DbError> {
    let ids: Vec<&str> = used.keys().map(|(id, _)| *id).collect();
    let days: Vec<Date> = used.keys().map(|(_, day)| *day).collect();
    let requests: Vec<i64> = used.values().copied().collect();
    let sql = include_str!("queries/count_usage.sql");
    let rows = transaction.query(sql, &[&ids, &days, &requests]).await?;
    let counted = rows.iter().map(|row| {
        let tenant = (row.get("tenant_id"), row.get("day"));
        (tenant, row.get("requests"))
    });
    Ok(counted.collect())
}

/// The requests of the last 90 days, the latest first.
pub(crate) async fn usage(db: &Db, id: &str) -> Result<Vec<DailyUsage>, DbError> {
    let rows = db.query(include_str!("queries/usage.sql"), &[&id]).await?;
    Ok(rows
        .iter()
        .map(|row| DailyUsage {
            day: row.get("day"),
            requests: row.get("requests"),
        })
        .collect())
}

/// Removes what belongs to a tenant.
pub(crate) async fn purge(transaction: &Transaction, tenant: Uuid) -> Result<(), DbError> {
    transaction
        .execute(include_str!("queries/purge_keys.sql"), &[&tenant])
        .await
        .map(|_| ())
}

/// Forgets the usage of more than 90 days ago, and the reports of more than one.
pub(crate) async fn prune(db: &Db) -> Result<(), DbError> {
    for sql in [
        include_str!("queries/prune_usage.sql"),
        include_str!("queries/prune_reports.sql"),
    ] {
        db.query(sql, &[]).await?;
    }
    Ok(())
}

fn key_of(row: &Row) -> ApiKey {
    ApiKey {
        id: row.get("id"),
        tenant_id: row.get("tenant_id"),
        name: row.get("name"),
        scopes: row.get("scopes"),
        networks: row.get("networks"),
        created_at: row.get("created_at"),
        created_by: row.get("created_by"),
        expires_at: row.get("expires_at"),
        revoked_at: row.get("revoked_at"),
        last_used_at: row.get("last_used_at"),
        replaced_by: row.get("replaced_by"),
    }
}
