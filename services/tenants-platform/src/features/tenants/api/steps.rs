//! The steps of a tenant's life.

use crate::caller::{Caller, TenantId};
use crate::change::Change;
use crate::features::tenants::domain::life::Step;
use crate::features::tenants::domain::naming::reason_fault;
use crate::features::tenants::lifecycle;
use crate::features::tenants::tenants::{self, Tenant};
use crate::settings::TenantSettings;
use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, HeaderName, HeaderValue};
use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, delete, post};
use fault::Fault;
use pg::Db;
use problem::Problem;
use serde::Deserialize;
use service::server::validators::version_tag;
use utoipa::ToSchema;

/// Why a tenant is suspended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Suspension {
    /// For whoever asks why; shown by validation.
    #[schema(example = "the invoice of October is open")]
    reason: String,
}

/// Ends the provisioning.
#[utoipa::path(params(("tenant" = Uuid, Path)), responses((status = 200, description = "The tenant", body = Tenant), (status = 409, description = "It is not being provisioned", body = Problem, content_type = "application/problem+json")))]
#[post("/{tenant}/activate")]
pub(super) async fn activate_tenant(tenant: TenantId, caller: Caller, db: Data<Db>) -> Answered {
    take(&db, &caller, tenant, Step::Activate, None, 0).await
}

/// Switches a tenant off; everything is kept. Validation tells everybody within 30 seconds.
#[utoipa::path(params(("tenant" = Uuid, Path)), request_body = Suspension, responses((status = 200, description = "The tenant", body = Tenant), (status = 409, description = "It is not active", body = Problem, content_type = "application/problem+json")))]
#[post("/{tenant}/suspend")]
pub(super) async fn suspend_tenant(
    tenant: TenantId,
    caller: Caller,
    db: Data<Db>,
    body: Json<Suspension>,
) -> Answered {
    let reason = body.into_inner().reason;
    if let Some(wrong) = reason_fault(&reason) {
        return Err(Fault::invalid("/body/reason", wrong).into());
    }
    take(&db, &caller, tenant, Step::Suspend, Some(reason), 0).await
}

/// Switches a suspended tenant on again.
#[utoipa::path(params(("tenant" = Uuid, Path)), responses((status = 200, description = "The tenant", body = Tenant), (status = 409, description = "It is not suspended", body = Problem, content_type = "application/problem+json")))]
#[post("/{tenant}/resume")]
pub(super) async fn resume_tenant(tenant: TenantId, caller: Caller, db: Data<Db>) -> Answered {
    take(&db, &caller, tenant, Step::Resume, None, 0).await
}

/// Brings back a tenant that is being deleted, as it was.
#[utoipa::path(params(("tenant" = Uuid, Path)), responses((status = 200, description = "The tenant", body = Tenant), (status = 409, description = "It is gone", body = Problem, content_type = "application/problem+json")))]
#[post("/{tenant}/restore")]
pub(super) async fn restore_tenant(tenant: TenantId, caller: Caller, db: Data<Db>) -> Answered {
    take(&db, &caller, tenant, Step::Restore, None, 0).await
}

/// Begins to delete a tenant. Until `delete_after` it can be brought back.
#[utoipa::path(params(("tenant" = Uuid, Path)), responses((status = 202, description = "The tenant", body = Tenant)))]
#[delete("/{tenant}")]
pub(super) async fn delete_tenant(
    tenant: TenantId,
    caller: Caller,
    db: Data<Db>,
    settings: Data<TenantSettings>,
) -> Answered {
    let grace_days = settings.grace_days;
    let mut response = take(&db, &caller, tenant, Step::Delete, None, grace_days).await?;
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}

type Answered = Result<HttpResponse, Problem>;

async fn take(
    db: &Db,
    caller: &Caller,
    tenant: TenantId,
    step: Step,
    reason: Option<String>,
    grace_days: u16,
) -> Answered {
    let mut change = Change::begin(db, caller).await?;
    let found = tenants::lock(change.transaction(), tenant.0).await;
    let before = found.map_err(Fault::from)?.ok_or_else(Fault::not_found)?;
    let after = lifecycle::step(&mut change, before, step, reason, grace_days).await?;
    change.commit().await?;
    let mut response = HttpResponse::Ok().json(&after);
    tag(&mut response, ETAG, &version_tag(after.version));
    Ok(response)
}

/// Sets a header whose value is known to be one.
pub(super) fn tag(response: &mut HttpResponse, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
