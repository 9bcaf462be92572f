//! How much keys are used.

use super::keys::id_of;
use crate::caller::{Caller, TenantId};
use crate::change::Change;
use crate::features::api_keys::keys::{self, DailyUsage};
use crate::features::tenants;
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, get, post};
use contracts::List;
use contracts::tenants::RequestsToday;
use fault::Fault;
use pg::Db;
use problem::Problem;
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

const MOST: usize = 1_000;

/// Requests that were answered with a key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Used {
    /// The key's id.
    id: String,
    requests: i64,
}

/// Counts requests, by key and by tenant, and says what has been counted of those tenants by everybody. Keys that are gone
/// are passed over.
#[utoipa::path(request_body = Vec<Used>, responses((status = 200, description = "They are counted", body = List<RequestsToday>)))]
#[post("/api-keys/usage")]
pub(super) async fn count_requests(
    caller: Caller,
    db: Data<Db>,
    body: Json<Vec<Used>>,
) -> Result<HttpResponse, Problem> {
    if body.len() > MOST {
        return Err(Fault::invalid("/body", "must be at most 1000 keys").into());
    }
    // By id: two callers that count the same keys must not wait for each other in a circle.
    let mut by_key: BTreeMap<&str, i64> = BTreeMap::new();
    for (place, used) in body.iter().enumerate() {
        if used.requests < 1 {
            let pointer = format!("/body/{place}/requests");
            return Err(Fault::invalid(pointer, "must be 1 or more").into());
        }
        let sum = by_key.entry(&used.id).or_default();
        *sum = sum.saturating_add(used.requests);
    }
    let today = tenants::today().to_string();
    let mut change = Change::begin(&db, &caller).await?;
    let mut by_tenant: BTreeMap<Uuid, i64> = BTreeMap::new();
    for (id, requests) in by_key {
        let counted = keys::count(change.transaction(), id, requests).await;
        if let Some(tenant) = counted.map_err(Fault::from)? {
            let sum = by_tenant.entry(tenant).or_default();
            *sum = sum.saturating_add(requests);
        }
    }
    let mut counted = Vec::with_capacity(by_tenant.len());
    for (tenant_id, requests) in by_tenant {
        if let Some(requests_today) =
            tenants::count_requests(&mut change, tenant_id, requests).await?
        {
            counted.push(RequestsToday {
                tenant_id,
                requests_today,
                today: today.clone(),
            });
        }
    }
    change.commit().await?;
    Ok(HttpResponse::Ok().json(List::complete(counted)))
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
