//! How much keys are used.

use super::keys::id_of;
use crate::caller::{Caller, TenantId, idempotency_key};
use crate::change::Change;
use crate::features::api_keys::keys::{self, DailyUsage};
use crate::features::tenants;
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, get, post};
use contracts::List;
use contracts::tenants::RequestsToday;
use fault::Fault;
use jiff::ToSpan;
use jiff::civil::Date;
use pg::Db;
use problem::Problem;
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

const MOST: usize = 1_000;
const LATEST_DAYS: i64 = 7;

/// Requests that were answered with a key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Used {
    /// The key's id.
    id: String,
    requests: i64,
    /// When (UTC), of the last seven days; today where it is absent.
    #[schema(value_type = Option<String>, format = Date)]
    day: Option<Date>,
}

/// Counts requests, by key and by tenant, and says what has been counted of those tenants today by everybody. Keys that are gone
/// are passed over. A report that came before with the same `Idempotency-Key` is not counted again, and answered with nothing.
#[utoipa::path(
    params(("Idempotency-Key" = Option<String>, Header, description = "Any text of up to 255 characters; remembered for a day")),
    request_body = Vec<Used>,
    responses((status = 200, description = "They are counted", body = List<RequestsToday>)),
)]
#[post("/api-keys/usage")]
pub(super) async fn count_requests(
    request: HttpRequest,
    caller: Caller,
    db: Data<Db>,
    body: Json<Vec<Used>>,
) -> Result<HttpResponse, Problem> {
    let used = by_key(&body)?;
    let report = idempotency_key(request.headers())?;
    let mut change = Change::begin(&db, &caller).await?;
    if let Some(report) = report {
        let is_new = keys::is_new_report(change.transaction(), &caller.consumer, report).await;
        if !is_new.map_err(Fault::from)? {
            return Ok(HttpResponse::Ok().json(List::<RequestsToday>::complete(Vec::new())));
        }
    }
    let counted = keys::count(change.transaction(), &used).await;
    let counted = counted.map_err(Fault::from)?;
    let today = tenants::count_requests(&mut change, &counted).await?;
    change.commit().await?;
    Ok(HttpResponse::Ok().json(List::complete(today)))
}

fn by_key(used: &[Used]) -> Result<BTreeMap<(&str, Date), i64>, Fault> {
    if used.len() > MOST {
        return Err(Fault::invalid("/body", "must be at most 1000 keys"));
    }
    let today = tenants::today();
    let earliest = today.saturating_sub(LATEST_DAYS.days());
    let mut by_key: BTreeMap<(&str, Date), i64> = BTreeMap::new();
    for (place, used) in used.iter().enumerate() {
        if used.requests < 1 {
            let pointer = format!("/body/{place}/requests");
            return Err(Fault::invalid(pointer, "must be 1 or more"));
        }
        // Whose clock is ahead of ours has begun a day that we have not.
        let day = used.day.map_or(today, |day| day.min(today));
        if day < earliest {
            let pointer = format!("/body/{place}/day");
            return Err(Fault::invalid(pointer, "must be of the last seven days"));
        }
        let sum = by_key.entry((&used.id, day)).or_default();
        *sum = sum.saturating_add(used.requests);
    }
    Ok(by_key)
}

/// The requests of a key by day, the latest first.
#[utoipa::path(params(("tenant" = Uuid, Path), ("key" = String, Path)), responses((status = 200, description = "The days with requests, of the last 90", body = List<DailyUsage>)))]
#[get("/{tenant}/api-keys/{key}/usage")]
pub(super) async fn get_key_usage(
    request: HttpRequest,
    tenant: TenantId,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let found = keys::find(&db, tenant.0, id_of(&request)).await;
    let key = found.map_err(Fault::from)?.ok_or_else(Fault::not_found)?;
    let days = keys::usage(&db, &key.id).await.map_err(Fault::from)?;
    Ok(HttpResponse::Ok().json(List::complete(days)))
}
