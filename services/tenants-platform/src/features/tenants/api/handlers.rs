//! Looking at tenants and changing their names and plans.
#![expect(
    unused_qualifications,
    reason = "the macro that describes the parameters writes one"
)]

use super::create::checked_name;
use crate::caller::{Caller, TenantId};
use crate::change::Change;
use crate::features::tenants::tenants::{self, Filter, Tenant};
use crate::features::tenants::{plans, usage};
use ::audit::Note;
use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::web::{Data, Json, Query};
use actix_web::{HttpRequest, HttpResponse, get, patch};
use contracts::List;
use contracts::tenants::TenantStatus;
use fault::Fault;
use pg::Db;
use problem::Problem;
use serde::Deserialize;
use service::server::page::Page;
use service::server::validators::is_known;
use service::server::validators::{expect_version, version_tag};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Without it, all that are not deleted.
    status: Option<TenantStatus>,
    plan: Option<String>,
    external_id: Option<String>,
    /// Somewhere in the name or the slug.
    q: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// What to change; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TenantChange {
    name: Option<String>,
    plan: Option<String>,
}

/// The tenants, the oldest first.
#[utoipa::path(params(Which), responses((status = 200, description = "The tenants", body = List<Tenant>)))]
#[get("")]
pub(super) async fn list_tenants(
    db: Data<Db>,
    query: Query<Which>,
) -> Result<HttpResponse, Problem> {
    let page = Page::read(query.limit, query.cursor.as_deref())?;
    let filter = Filter {
        status: query.status,
        plan: query.plan.as_deref(),
        external_id: query.external_id.as_deref(),
        text: query.q.as_deref(),
    };
    let found = tenants::list(&db, &filter, page.after()?, page.rows()).await;
    let list = page.list(found.map_err(Fault::from)?, |tenant| tenant.id.to_string());
    Ok(HttpResponse::Ok().json(list))
}

/// One tenant; a deleted one is what remains of it.
#[utoipa::path(params(("tenant" = Uuid, Path)), responses((status = 200, description = "The tenant", body = Tenant)))]
#[get("/{tenant}")]
pub(super) async fn get_tenant(
    request: HttpRequest,
    tenant: TenantId,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let found = tenants::find(&db, tenant.0).await.map_err(Fault::from)?;
    let found = found.ok_or_else(Fault::not_found)?;
    let etag = version_tag(found.version);
    let mut response = if is_known(request.headers(), &etag) {
        HttpResponse::NotModified().finish()
    } else {
        HttpResponse::Ok().json(&found)
    };
    super::steps::tag(&mut response, ETAG, &etag);
    super::steps::tag(&mut response, CACHE_CONTROL, "private, no-cache");
    Ok(response)
}

/// Changes the name or the plan. `If-Match` says which version was read.
#[utoipa::path(
    params(("tenant" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag that was read")),
    request_body = TenantChange,
    responses(
        (status = 200, description = "The tenant", body = Tenant),
        (status = 409, description = "It is being deleted", body = Problem, content_type = "application/problem+json"),
    ),
)]
#[patch("/{tenant}")]
pub(super) async fn change_tenant(
    request: HttpRequest,
    tenant: TenantId,
    caller: Caller,
    db: Data<Db>,
    body: Json<TenantChange>,
) -> Result<HttpResponse, Problem> {
    let wanted = body.into_inner();
    let name = wanted.name.as_deref().map(checked_name).transpose()?;
    let mut change = Change::begin(&db, &caller).await?;
    let before = tenants::lock_living(change.transaction(), tenant.0).await?;
    expect_version(request.headers(), before.version)?;
    if let Some(plan) = &wanted.plan {
        change_plan(&mut change, &before, plan).await?;
    }
    let wanted = Tenant {
        name: name.unwrap_or_else(|| before.name.clone()),
        plan: wanted.plan.unwrap_or_else(|| before.plan.clone()),
        ..before.clone()
    };
    let after = tenants::update(change.transaction(), &wanted).await?;
    let note = Note::new("tenant.changed", before.id, before.id);
    change.note(note.before(&before).after(&after));
    change.commit().await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, version_tag(after.version)))
        .json(after))
}

/// Looks what another plan makes scarce.
async fn change_plan(change: &mut Change, tenant: &Tenant, plan: &str) -> Result<(), Fault> {
    let now = plans::find(change.transaction(), plan).await?;
    let now = now.ok_or_else(|| Fault::invalid("/body/plan", "is not a plan"))?;
    let before = plans::find(change.transaction(), &tenant.plan).await?;
    let before = before.map_or_else(BTreeMap::new, |plan| plan.quotas);
    usage::warn_of_plan(change, tenant.id, &before, &now.quotas).await
}
