//! Who subscribed.

use jiff::Timestamp;
use pg::{Db, DbError, Transaction};
use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;

/// An address that events are sent to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Endpoint {
    pub(crate) id: Uuid,
    /// Whose events; null for everybody's.
    pub(crate) tenant_id: Option<Uuid>,
    pub(crate) url: String,
    pub(crate) description: String,
    /// Kinds of events; none means all.
    pub(crate) event_types: Vec<String>,
    pub(crate) enabled: bool,
    pub(crate) version: i64,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
}

pub(crate) async fn insert(
    transaction: &Transaction,
    endpoint: &Endpoint,
    secret: &[u8],
) -> Result<(), DbError> {
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 7] = [
        &endpoint.id,
        &endpoint.tenant_id,
        &endpoint.url,
        &endpoint.description,
        &endpoint.event_types,
        &secret,
        &endpoint.created_at,
    ];
    transaction
        .execute(include_str!("queries/insert_endpoint.sql"), &parameters)
        .await
        .map(|_| ())
}

pub(crate) async fn list(
    db: &Db,
    tenant: Option<Uuid>,
    after: Option<Uuid>,
    rows: i64,
) -> Result<Vec<Endpoint>, DbError> {
    let rows = db
        .query(
            include_str!("queries/list_endpoints.sql"),
            &[&tenant, &after, &rows],
        )
        .await?;
    Ok(rows.iter().map(endpoint_of).collect())
}

pub(crate) async fn find(db: &Db, id: Uuid) -> Result<Option<Endpoint>, DbError> {
    let row = db
        .query_opt(include_str!("queries/find_endpoint.sql"), &[&id])
        .await?;
    Ok(row.as_ref().map(endpoint_of))
}

/// The endpoint, kept for this transaction to change.
pub(crate) async fn lock(transaction: &Transaction, id: Uuid) -> Result<Option<Endpoint>, DbError> {
    let row = transaction
        .query_opt(include_str!("queries/lock_endpoint.sql"), &[&id])
        .await?;
    Ok(row.as_ref().map(endpoint_of))
}

/// Writes what may change; without a secret, the old one stays.
pub(crate) async fn update(
    transaction: &Transaction,
    endpoint: &Endpoint,
    secret: Option<&[u8]>,
) -> Result<(), DbError> {
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 6] = [
        &endpoint.id,
        &endpoint.url,
        &endpoint.description,
        &endpoint.event_types,
        &endpoint.enabled,
        &secret,
    ];
    transaction
        .execute(include_str!("queries/update_endpoint.sql"), &parameters)
        .await
        .map(|_| ())
}

pub(crate) async fn delete(transaction: &Transaction, id: Uuid) -> Result<(), DbError> {
    transaction
        .execute(include_str!("queries/delete_endpoint.sql"), &[&id])
        .await
        .map(|_| ())
}

/// Removes what belongs to a tenant.
pub(crate) async fn purge(transaction: &Transaction, tenant: Uuid) -> Result<(), DbError> {
    transaction
        .execute(include_str!("queries/purge_endpoints.sql"), &[&tenant])
        .await
        .map(|_| ())
}

fn endpoint_of(row: &Row) -> Endpoint {
    Endpoint {
        id: row.get("id"),
        tenant_id: row.get("tenant_id"),
        url: row.get("url"),
        description: row.get("description"),
        event_types: row.get("event_types"),
        enabled: row.get("enabled"),
        version: row.get("version"),
        created_at: row.get("created_at"),
    }
}
