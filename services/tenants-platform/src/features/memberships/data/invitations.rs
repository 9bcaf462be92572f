//! Invitations.

use super::members::role;
use contracts::tenants::Role;
use jiff::Timestamp;
use pg::{Db, DbError, Transaction};
use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;

/// An invitation to a tenant. Its token is known to whoever got the link.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Invitation {
    pub(crate) id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) role: Role,
    /// Only whoever has this address may accept it.
    pub(crate) email: Option<String>,
    pub(crate) invited_by: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) expires_at: Timestamp,
    /// Who accepted it.
    #[serde(skip)]
    pub(crate) accepted_by: Option<String>,
}

pub(crate) async fn insert(
    transaction: &Transaction,
    invitation: &Invitation,
    token_hash: &[u8],
) -> Result<(), DbError> {
    transaction
        .execute(
            include_str!("queries/insert_invitation.sql"),
            &[
                &invitation.id,
                &invitation.tenant_id,
                &invitation.role.as_str(),
                &invitation.email,
                &invitation.invited_by,
                &token_hash,
                &invitation.expires_at,
                &invitation.created_at,
            ],
        )
        .await
        .map(|_| ())
}

/// Forgets those that ended 30 days ago, with the addresses in them.
pub(crate) async fn prune(db: &Db) -> Result<(), DbError> {
    let sql = include_str!("queries/prune_invitations.sql");
    db.query(sql, &[]).await.map(|_| ())
}

/// The invitations of a tenant that can still be accepted.
pub(crate) async fn open(
    db: &Db,
    tenant: Uuid,
    after: Option<Uuid>,
    rows: i64,
) -> Result<Vec<Invitation>, DbError> {
    let rows = db
        .query(
            include_str!("queries/open_invitations.sql"),
            &[&tenant, &after, &rows],
        )
        .await?;
    Ok(rows.iter().map(invitation_of).collect())
}

/// Takes an open one back.
pub(crate) async fn revoke(
    transaction: &Transaction,
    tenant: Uuid,
    id: Uuid,
) -> Result<Option<Invitation>, DbError> {
    let row = transaction
        .query_opt(
            include_str!("queries/revoke_invitation.sql"),
            &[&tenant, &id],
        )
        .await?;
    Ok(row.as_ref().map(invitation_of))
}

/// The invitation of a token, unless it was taken back or has ended; kept for this transaction.
pub(crate) async fn by_token(
    transaction: &Transaction,
    token_hash: &[u8],
) -> Result<Option<Invitation>, DbError> {
    let row = transaction
        .query_opt(
            include_str!("queries/invitation_by_token.sql"),
            &[&token_hash],
        )
        .await?;
    Ok(row.as_ref().map(invitation_of))
}

pub(crate) async fn accept(transaction: &Transaction, id: Uuid, user: &str) -> Result<(), DbError> {
    transaction
        .execute(include_str!("queries/accept_invitation.sql"), &[&id, &user])
        .await
        .map(|_| ())
}

fn invitation_of(row: &Row) -> Invitation {
    Invitation {
        id: row.get("id"),
        tenant_id: row.get("tenant_id"),
        role: role(row),
        email: row.get("email"),
        invited_by: row.get("invited_by"),
        created_at: row.get("created_at"),
        expires_at: row.get("expires_at"),
        accepted_by: row.get("accepted_by"),
    }
}
