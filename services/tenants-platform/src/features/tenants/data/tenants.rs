//! The table of tenants.

use contracts::tenants::TenantStatus;
use fault::Fault;
use jiff::Timestamp;
use pg::{Db, DbError, Transaction};
use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;

/// Whose data it is: a person, a family, a fleet.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Tenant {
    pub(crate) id: Uuid,
    /// What the caller that made it calls it.
    pub(crate) external_id: Option<String>,
    /// Its short name in addresses; never changes.
    #[schema(example = "the-smiths")]
    pub(crate) slug: String,
    #[schema(example = "The Smiths")]
    pub(crate) name: String,
    pub(crate) status: TenantStatus,
    /// Where it was before it was deleted.
    #[serde(skip)]
    pub(crate) status_before: Option<TenantStatus>,
    /// Why it was suspended.
    pub(crate) reason: Option<String>,
    #[schema(example = "family")]
    pub(crate) plan: String,
    /// Counts changes; the `ETag` too.
    pub(crate) version: i64,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) updated_at: Timestamp,
    /// While it is being deleted: until when it can be brought back.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) delete_after: Option<Timestamp>,
}

/// Which tenants.
#[derive(Debug, Default)]
pub(crate) struct Filter<'a> {
    pub(crate) status: Option<TenantStatus>,
    pub(crate) plan: Option<&'a str>,
    pub(crate) external_id: Option<&'a str>,
    pub(crate) text: Option<&'a str>,
}

/// The tenant, a deleted one too.
pub(crate) async fn find(db: &Db, id: Uuid) -> Result<Option<Tenant>, DbError> {
    let row = db
        .query_opt(include_str!("queries/find_tenant.sql"), &[&id])
        .await?;
    Ok(row.as_ref().map(tenant_of))
}

/// Those of some tenants that are not deleted.
pub(crate) async fn find_all(db: &Db, ids: &[Uuid]) -> Result<Vec<Tenant>, DbError> {
    let rows = db
        .query(include_str!("queries/tenants_of_ids.sql"), &[&ids])
        .await?;
    Ok(rows.iter().map(tenant_of).collect())
}

/// There is such a tenant, or there was.
pub(crate) async fn require(db: &Db, id: Uuid) -> Result<(), Fault> {
    let found = find(db, id).await?;
    found.map(|_| ()).ok_or_else(Fault::not_found)
}

/// The tenant as it is now, kept for this transaction to change.
pub(crate) async fn lock(transaction: &Transaction, id: Uuid) -> Result<Option<Tenant>, DbError> {
    let row = transaction
        .query_opt(include_str!("queries/lock_tenant.sql"), &[&id])
        .await?;
    Ok(row.as_ref().map(tenant_of))
}

/// A tenant that something may be added to or changed in.
pub(crate) async fn lock_living(transaction: &Transaction, id: Uuid) -> Result<Tenant, Fault> {
    let tenant = lock(transaction, id).await?.ok_or_else(Fault::not_found)?;
    match tenant.status {
        TenantStatus::Deleted => Err(Fault::not_found()),
        TenantStatus::Deleting => Err(Fault::conflict("The tenant is being deleted.")),
        _ => Ok(tenant),
    }
}

pub(crate) async fn by_external_id(
    transaction: &Transaction,
    external_id: &str,
) -> Result<Option<Tenant>, DbError> {
    let row = transaction
        .query_opt(
            include_str!("queries/tenant_by_external_id.sql"),
            &[&external_id],
        )
        .await?;
    Ok(row.as_ref().map(tenant_of))
}

/// Adds a tenant; `None` where its slug or its external id is taken.
pub(crate) async fn insert(
    transaction: &Transaction,
    tenant: &Tenant,
) -> Result<Option<Tenant>, DbError> {
    let row = transaction
        .query_opt(
            include_str!("queries/insert_tenant.sql"),
            &[
                &tenant.id,
                &tenant.external_id,
                &tenant.slug,
                &tenant.name,
                &tenant.status.as_str(),
                &tenant.plan,
            ],
        )
        .await?;
    Ok(row.as_ref().map(tenant_of))
}

/// Writes what may change, and counts the change.
pub(crate) async fn update(transaction: &Transaction, tenant: &Tenant) -> Result<Tenant, Fault> {
    let before = tenant.status_before.map(TenantStatus::as_str);
    let row = transaction
        .query_opt(
            include_str!("queries/update_tenant.sql"),
            &[
                &tenant.id,
                &tenant.name,
                &tenant.status.as_str(),
                &before,
                &tenant.reason,
                &tenant.plan,
                &tenant.delete_after,
                &tenant.external_id,
            ],
        )
        .await?;
    row.as_ref().map(tenant_of).ok_or_else(Fault::not_found)
}

pub(crate) async fn list(
    db: &Db,
    filter: &Filter<'_>,
    after: Option<Uuid>,
    rows: i64,
) -> Result<Vec<Tenant>, DbError> {
    let status = filter.status.map(TenantStatus::as_str);
    let rows = db
        .query(
            include_str!("queries/list_tenants.sql"),
            &[
                &after,
                &rows,
                &status,
                &filter.plan,
                &filter.external_id,
                &filter.text,
            ],
        )
        .await?;
    Ok(rows.iter().map(tenant_of).collect())
}

/// Tenants whose grace period has ended.
pub(crate) async fn due(db: &Db) -> Result<Vec<Uuid>, DbError> {
    let rows = db
        .query(include_str!("queries/due_tenants.sql"), &[])
        .await?;
    Ok(rows.iter().map(|row| row.get("id")).collect())
}

fn tenant_of(row: &Row) -> Tenant {
    let status = |column| {
        row.get::<_, Option<&str>>(column)
            .and_then(TenantStatus::parse)
    };
    Tenant {
        id: row.get("id"),
        external_id: row.get("external_id"),
        slug: row.get("slug"),
        name: row.get("name"),
        // The column's own check admits no other.
        status: status("status").unwrap_or(TenantStatus::Suspended),
        status_before: status("status_before"),
        reason: row.get("reason"),
        plan: row.get("plan"),
        version: row.get("version"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
        delete_after: row.get("delete_after"),
    }
}
