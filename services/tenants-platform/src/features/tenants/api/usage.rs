//! What a tenant uses of its plan.

use crate::caller::{Caller, TenantId};
use crate::change::Change;
use crate::features::tenants::domain::metric::Metric;
use crate::features::tenants::{tenants, usage};
use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, post, put};
use contracts::tenants::{Quota, TenantStatus};
use fault::Fault;
use jiff::{SignedDuration, Timestamp};
use pg::Db;
use problem::Problem;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Clocks of two machines.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(60);

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

/// What an application counted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UsageReport {
    /// When it was counted; an older count than the last is left out.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00Z")]
    counted_at: Timestamp,
    /// All that is used, by metric: `vehicles`, `storage_bytes`.
    #[schema(example = json!({ "vehicles": 2, "storage_bytes": 1_048_576 }))]
    used: BTreeMap<String, i64>,
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
    Ok(HttpResponse::Ok().json(usage_of(&db, tenant.0).await?))
}

async fn usage_of(db: &Db, tenant: Uuid) -> Result<Usage, Fault> {
    let found = tenants::find(db, tenant).await?;
    let found = found
        .filter(|tenant| tenant.status != TenantStatus::Deleted)
        .ok_or_else(Fault::not_found)?;
    let quota = usage::quota_of(db, tenant).await?;
    Ok(Usage {
        plan: found.plan,
        quota,
    })
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
    let unknown = || Fault::invalid("/body/metric", "must be vehicles or storage_bytes");
    let metric = counted_elsewhere(&body.metric).ok_or_else(unknown)?;
    let mut change = Change::begin(&db, &caller).await?;
    let used = usage::reserve(&mut change, tenant.0, metric, body.change).await?;
    change.commit().await?;
    Ok(HttpResponse::Ok().json(Counted {
        metric: metric.as_str().to_owned(),
        used,
    }))
}

/// Says all that is used, as an application counted it. Nothing is refused where the plan ends: it is there already.
#[utoipa::path(
    params(("tenant" = Uuid, Path)),
    request_body = UsageReport,
    responses((status = 200, description = "The usage", body = Usage)),
)]
#[put("/{tenant}/usage")]
pub(super) async fn report_usage(
    tenant: TenantId,
    caller: Caller,
    db: Data<Db>,
    body: Json<UsageReport>,
) -> Result<HttpResponse, Problem> {
    let latest = Timestamp::now().saturating_add(CLOCKS_DIFFER);
    if body.counted_at > latest.unwrap_or(Timestamp::MAX) {
        return Err(Fault::invalid("/body/counted_at", "must not be in the future").into());
    }
    let counts = body.used.iter().map(count).collect::<Result<Vec<_>, _>>()?;
    let mut change = Change::begin(&db, &caller).await?;
    usage::report(&mut change, tenant.0, &counts, body.counted_at).await?;
    change.commit().await?;
    Ok(HttpResponse::Ok().json(usage_of(&db, tenant.0).await?))
}

fn count((name, used): (&String, &i64)) -> Result<(Metric, i64), Fault> {
    let wrong = |rule| Fault::invalid(format!("/body/used/{name}"), rule);
    let metric = counted_elsewhere(name).ok_or_else(|| wrong("is no metric to report"))?;
    if *used < 0 {
        return Err(wrong("must not be negative"));
    }
    Ok((metric, *used))
}

/// What applications count; the rest is counted here.
fn counted_elsewhere(name: &str) -> Option<Metric> {
    Metric::parse(name).filter(|metric| matches!(metric, Metric::Vehicles | Metric::StorageBytes))
}
