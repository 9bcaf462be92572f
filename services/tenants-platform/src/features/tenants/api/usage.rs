//! What a tenant uses of its plan.

use crate::caller::{Caller, TenantId};
use crate::change::Change;
use crate::features::tenants::domain::metric::Metric;
use crate::features::tenants::{tenants, usage};
use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, post};
use contracts::tenants::{Quota, TenantStatus};
use fault::Fault;
use pg::Db;
use problem::Problem;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What is used.
#[derive(Debug, Serialize, ToSchema)]
struct Usage {
    plan: String,
    /// By metric.
    quota: BTreeMap<String, Quota>,
}

/// Something to count.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UsageChange {
    /// `vehicles` or `storage_bytes`; the others are counted here.
    #[schema(example = "vehicles")]
    metric: String,
    /// What is added; negative for what is given back.
    #[schema(example = 1)]
    change: i64,
}

/// What is used now.
#[derive(Debug, Serialize, ToSchema)]
struct Counted {
    metric: String,
    used: i64,
}

/// What a tenant uses, and what its plan includes.
#[utoipa::path(params(("tenant" = Uuid, Path)), responses((status = 200, description = "The usage", body = Usage)))]
#[get("/{tenant}/usage")]
pub(super) async fn get_usage(tenant: TenantId, db: Data<Db>) -> Result<HttpResponse, Problem> {
    let found = tenants::find(&db, tenant.0).await.map_err(Fault::from)?;
    let found = found
        .filter(|tenant| tenant.status != TenantStatus::Deleted)
        .ok_or_else(Fault::not_found)?;
    let quota = usage::quota_of(&db, tenant.0).await.map_err(Fault::from)?;
    Ok(HttpResponse::Ok().json(Usage {
        plan: found.plan,
        quota,
    }))
}

/// Counts what a service is about to add, or has removed. Refused where the plan ends.
#[utoipa::path(
    params(("tenant" = Uuid, Path)),
    request_body = UsageChange,
    responses(
        (status = 200, description = "It is counted", body = Counted),
        (status = 403, description = "The plan does not include it (quota_exceeded)", body = Problem, content_type = "application/problem+json"),
    ),
)]
#[post("/{tenant}/usage")]
pub(super) async fn count_usage(
    tenant: TenantId,
    caller: Caller,
    db: Data<Db>,
    body: Json<UsageChange>,
) -> Result<HttpResponse, Problem> {
    let metric = Metric::parse(&body.metric)
        .filter(|metric| matches!(metric, Metric::Vehicles | Metric::StorageBytes));
    let unknown = || Fault::invalid("/body/metric", "must be vehicles or storage_bytes");
    let metric = metric.ok_or_else(unknown)?;
    let mut change = Change::begin(&db, &caller).await?;
    let used = usage::reserve(&mut change, tenant.0, metric, body.change).await?;
    change.commit().await?;
    Ok(HttpResponse::Ok().json(Counted {
        metric: metric.as_str().to_owned(),
        used,
    }))
}
