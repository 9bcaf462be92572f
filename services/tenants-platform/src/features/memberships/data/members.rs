//! Who belongs to which tenant.

use crate::change::Change;
use crate::features::memberships::domain::owners;
use crate::features::tenants::{self, Metric};
use ::audit::Note;
use contracts::tenants::Role;
use fault::Fault;
use jiff::Timestamp;
use pg::{Db, DbError, Transaction};
use problem::{Code, Problem};
use serde::Serialize;
use std::collections::BTreeMap;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use utoipa::ToSchema;
use uuid::Uuid;

/// A member of a tenant.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Member {
    pub(crate) tenant_id: Uuid,
    /// The `sub` of its token.
    pub(crate) user: String,
    pub(crate) role: Role,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) since: Timestamp,
}

/// The first owner of a tenant that is being made.
pub(crate) async fn add_first_owner(
    change: &mut Change,
    tenant: Uuid,
    user: &str,
) -> Result<(), Fault> {
    set_role(change, tenant, user, Role::Owner)
        .await
        .map(|_| ())
}

/// Gives a person a role, adding it to the tenant where it is no member yet.
pub(crate) async fn set_role(
    change: &mut Change,
    tenant: Uuid,
    user: &str,
    role: Role,
) -> Result<(Member, bool), Fault> {
    // Members of one tenant change one after the other.
    tenants::lock_living(change.transaction(), tenant).await?;
    let before = find(change.transaction(), tenant, user).await?;
    match &before {
        Some(before) if before.role == role => return Ok((before.clone(), false)),
        Some(before) => keep_an_owner(change, before, Some(role)).await?,
        None => {
            tenants::reserve(change, tenant, Metric::Members, 1).await?;
        }
    }
    let row = change
        .transaction()
        .query_opt(
            include_str!("queries/put_member.sql"),
            &[&tenant, &user, &role.as_str()],
        )
        .await?;
    let after = row.as_ref().map(member_of).ok_or_else(Fault::not_found)?;
    let is_new = before.is_none();
    let action = if is_new {
        "member.added"
    } else {
        "member.changed"
    };
    let note = Note::new(action, tenant, user).after(&after);
    change.note(match &before {
        Some(before) => note.before(before),
        None => note,
    });
    Ok((after, is_new))
}

/// Adds the people of a tenant that comes from elsewhere. They belong to it already, so a plan that includes fewer refuses none.
pub(crate) async fn import(
    change: &mut Change,
    tenant: Uuid,
    members: &BTreeMap<&str, Role>,
) -> Result<(), Fault> {
    let sql = include_str!("queries/put_member.sql");
    for (user, role) in members {
        let parameters: [&(dyn ToSql + Sync); 3] = [&tenant, user, &role.as_str()];
        let row = change.transaction().query_opt(sql, &parameters).await?;
        let member = row.as_ref().map(member_of).ok_or_else(Fault::not_found)?;
        change.note(Note::new("member.added", tenant, *user).after(&member));
    }
    let count = i64::try_from(members.len()).unwrap_or(i64::MAX);
    tenants::take_over(change, tenant, Metric::Members, count).await?;
    Ok(())
}

/// Takes a person out of a tenant.
pub(crate) async fn remove(change: &mut Change, tenant: Uuid, user: &str) -> Result<(), Fault> {
    tenants::lock_living(change.transaction(), tenant).await?;
    let before = find(change.transaction(), tenant, user).await?;
    let before = before.ok_or_else(Fault::not_found)?;
    keep_an_owner(change, &before, None).await?;
    change
        .transaction()
        .execute(include_str!("queries/delete_member.sql"), &[&tenant, &user])
        .await?;
    tenants::reserve(change, tenant, Metric::Members, -1).await?;
    change.note(Note::new("member.removed", tenant, user).before(&before));
    Ok(())
}

async fn keep_an_owner(change: &Change, member: &Member, then: Option<Role>) -> Result<(), Fault> {
    let row = change
        .transaction()
        .query_opt(
            include_str!("queries/count_owners.sql"),
            &[&member.tenant_id],
        )
        .await?;
    let owners = row.map_or(0, |row| row.get("owners"));
    if owners::may_change(member.role, then, owners) {
        return Ok(());
    }
    Err(Problem::new(Code::LastOwner)
        .detail("Make somebody else an owner first.")
        .into())
}

pub(crate) async fn find(
    transaction: &Transaction,
    tenant: Uuid,
    user: &str,
) -> Result<Option<Member>, DbError> {
    let row = transaction
        .query_opt(include_str!("queries/find_member.sql"), &[&tenant, &user])
        .await?;
    Ok(row.as_ref().map(member_of))
}

/// What a person may do in a tenant; `None` for who does not belong to it.
pub(crate) async fn role_of(db: &Db, tenant: Uuid, user: &str) -> Result<Option<Role>, DbError> {
    let row = db
        .query_opt(include_str!("queries/find_member.sql"), &[&tenant, &user])
        .await?;
    Ok(row.as_ref().map(|row| member_of(row).role))
}

pub(crate) async fn of_tenant(
    db: &Db,
    tenant: Uuid,
    after: Option<String>,
    rows: i64,
) -> Result<Vec<Member>, DbError> {
    let rows = db
        .query(
            include_str!("queries/members_of_tenant.sql"),
            &[&tenant, &after, &rows],
        )
        .await?;
    Ok(rows.iter().map(member_of).collect())
}

/// Every member of a tenant.
pub(crate) async fn all_of(db: &Db, tenant: Uuid) -> Result<Vec<Member>, DbError> {
    of_tenant(db, tenant, None, i64::MAX).await
}

pub(crate) async fn of_user(
    db: &Db,
    user: &str,
    after: Option<Uuid>,
    rows: i64,
) -> Result<Vec<Member>, DbError> {
    let rows = db
        .query(
            include_str!("queries/members_of_user.sql"),
            &[&user, &after, &rows],
        )
        .await?;
    Ok(rows.iter().map(member_of).collect())
}

/// Removes what belongs to a tenant.
pub(crate) async fn purge(transaction: &Transaction, tenant: Uuid) -> Result<(), DbError> {
    transaction
        .execute(include_str!("queries/purge_members.sql"), &[&tenant])
        .await?;
    transaction
        .execute(include_str!("queries/purge_invitations.sql"), &[&tenant])
        .await
        .map(|_| ())
}

fn member_of(row: &Row) -> Member {
    Member {
        tenant_id: row.get("tenant_id"),
        user: row.get("user_id"),
        role: role(row),
        since: row.get("since"),
    }
}

/// The column's own check admits no other text; were there one, it would permit the least.
pub(super) fn role(row: &Row) -> Role {
    Role::parse(row.get("role")).unwrap_or(Role::Viewer)
}
