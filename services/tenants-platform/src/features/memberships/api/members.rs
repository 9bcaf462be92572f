//! Who belongs to a tenant.

use crate::caller::{Caller, TenantId, is_user};
use crate::change::Change;
use crate::features::memberships::members::{self, Member};
use crate::features::tenants;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, delete, get, put};
use contracts::List;
use contracts::tenants::{Role, TenantStatus};
use fault::Fault;
use pg::Db;
use problem::Problem;
use serde::{Deserialize, Serialize};
use service::server::page::PageQuery;
use std::collections::HashMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// What a person may do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RoleToGive {
    role: Role,
}

/// A tenant of a person's.
#[derive(Debug, Serialize, ToSchema)]
struct Belonging {
    #[serde(flatten)]
    member: Member,
    #[schema(example = "The Smiths")]
    name: String,
    #[schema(example = "the-smiths")]
    slug: String,
    status: TenantStatus,
}

/// The members of a tenant.
#[utoipa::path(params(("tenant" = Uuid, Path), PageQuery), responses((status = 200, description = "The members", body = List<Member>)))]
#[get("/{tenant}/members")]
pub(super) async fn list_members(
    tenant: TenantId,
    db: Data<Db>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let page = query.page()?;
    tenants::require(&db, tenant.0).await?;
    let found = members::of_tenant(&db, tenant.0, page.after()?, page.rows()).await;
    let list = page.list(found.map_err(Fault::from)?, |member| member.user.clone());
    Ok(HttpResponse::Ok().json(list))
}

/// Adds a person to a tenant, or gives it another role.
#[utoipa::path(
    params(("tenant" = Uuid, Path), ("user" = String, Path, description = "The `sub` of the person's token")),
    request_body = RoleToGive,
    responses(
        (status = 200, description = "It is a member with this role", body = Member),
        (status = 201, description = "It was added", body = Member),
        (status = 403, description = "The plan includes no more members (quota_exceeded)", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The tenant would have no owner (last_owner)", body = Problem, content_type = "application/problem+json"),
    ),
)]
#[put("/{tenant}/members/{user}")]
pub(super) async fn put_member(
    path: Path<(String, String)>,
    tenant: TenantId,
    caller: Caller,
    db: Data<Db>,
    body: Json<RoleToGive>,
) -> Result<HttpResponse, Problem> {
    let user = checked(path.into_inner().1)?;
    let mut change = Change::begin(&db, &caller).await?;
    let (member, is_new) = members::set_role(&mut change, tenant.0, &user, body.role).await?;
    change.commit().await?;
    let mut response = if is_new {
        HttpResponse::Created()
    } else {
        HttpResponse::Ok()
    };
    Ok(response.json(member))
}

/// Takes a person out of a tenant.
#[utoipa::path(
    params(("tenant" = Uuid, Path), ("user" = String, Path, description = "The `sub` of the person's token")),
    responses(
        (status = 204, description = "It is no member any more"),
        (status = 409, description = "The tenant would have no owner (last_owner)", body = Problem, content_type = "application/problem+json"),
    ),
)]
#[delete("/{tenant}/members/{user}")]
pub(super) async fn remove_member(
    path: Path<(String, String)>,
    tenant: TenantId,
    caller: Caller,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let user = checked(path.into_inner().1)?;
    let mut change = Change::begin(&db, &caller).await?;
    members::remove(&mut change, tenant.0, &user).await?;
    change.commit().await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The tenants of a person, with its role in each.
#[utoipa::path(params(("user" = String, Path, description = "The `sub` of the person's token"), PageQuery), responses((status = 200, description = "The memberships", body = List<Belonging>)))]
#[get("/users/{user}/memberships")]
pub(super) async fn list_memberships(
    user: Path<String>,
    db: Data<Db>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let page = query.page()?;
    let user = checked(user.into_inner())?;
    let found = members::of_user(&db, &user, page.after()?, page.rows()).await;
    let list = page.list(found.map_err(Fault::from)?, |member| {
        member.tenant_id.to_string()
    });
    let ids: Vec<Uuid> = list.data.iter().map(|member| member.tenant_id).collect();
    let tenants = tenants::find_all(&db, &ids).await.map_err(Fault::from)?;
    let mut tenants: HashMap<Uuid, _> = tenants.into_iter().map(|it| (it.id, it)).collect();
    let belonging = |member: Member| {
        let tenant = tenants.remove(&member.tenant_id)?;
        Some(Belonging {
            member,
            name: tenant.name,
            slug: tenant.slug,
            status: tenant.status,
        })
    };
    Ok(HttpResponse::Ok().json(List {
        data: list.data.into_iter().filter_map(belonging).collect(),
        next_cursor: list.next_cursor,
    }))
}

fn checked(user: String) -> Result<String, Fault> {
    if is_user(&user) {
        return Ok(user);
    }
    let detail = "must be the sub of a token: 1 to 255 printable characters without blanks";
    Err(Fault::invalid("/path/user", detail))
}
