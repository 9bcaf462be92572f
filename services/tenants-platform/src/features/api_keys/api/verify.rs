//! Whose key it is, for the gateway.

use super::keys::SECRET_PURPOSE;
use crate::features::api_keys::domain::{network, secret};
use crate::features::api_keys::keys::{self, ApiKey};
use crate::features::tenants;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, post};
use contracts::tenants::{TenantStatus, VerifiedKey, scopes_permit};
use fault::Fault;
use jiff::Timestamp;
use pg::Db;
use problem::{Code, Problem};
use serde::Deserialize;
use std::net::IpAddr;
use utoipa::ToSchema;
use vault::Vault;

/// For how long an answer may be kept by whoever does not follow the events.
const KEEP_S: u32 = 60;

/// A key that a program has shown.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Shown {
    key: String,
    /// Where the program calls from.
    #[schema(value_type = Option<String>)]
    address: Option<IpAddr>,
    /// What it wants to do.
    scope: Option<String>,
}

/// Says whose key it is and what it may do.
#[utoipa::path(
    request_body = Shown,
    responses(
        (status = 200, description = "The key is valid", body = VerifiedKey),
        (status = 401, description = "api_key_unknown, api_key_expired or api_key_revoked", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "scope_missing, network_denied, or forbidden: the tenant is not active", body = Problem, content_type = "application/problem+json"),
    ),
)]
#[post("/api-keys/verify")]
pub(super) async fn verify_key(
    db: Data<Db>,
    vault: Data<Vault>,
    body: Json<Shown>,
) -> Result<HttpResponse, Problem> {
    let key = genuine(&db, &vault, &body.key).await?;
    refuse_ended(&key)?;
    let tenant = tenants::find(&db, key.tenant_id)
        .await
        .map_err(Fault::from)?;
    let tenant = tenant.filter(|tenant| tenant.status == TenantStatus::Active);
    let tenant = tenant
        .ok_or_else(|| Problem::new(Code::Forbidden).detail("The key's tenant is not active."))?;
    if body
        .address
        .is_some_and(|address| !network::permit(&key.networks, address))
    {
        return Err(Problem::new(Code::NetworkDenied).detail("The key may not be used from there."));
    }
    if let Some(wanted) = &body.scope
        && !scopes_permit(&key.scopes, wanted)
    {
        return Err(
            Problem::new(Code::ScopeMissing).detail(format!("The key has no scope {wanted}."))
        );
    }
    // Before it is looked at: a count of the next day must not pass for one of this.
    let today = tenants::today().to_string();
    let quota = tenants::quota_of(&db, tenant.id)
        .await
        .map_err(Fault::from)?;
    let plan = tenants::plan_of(&db, &tenant.plan)
        .await
        .map_err(Fault::from)?;
    let number = |of_plan: Option<i32>| of_plan.and_then(|it| u32::try_from(it).ok());
    let requests = quota.get(tenants::Metric::RequestsPerDay.as_str());
    let verified = VerifiedKey {
        id: key.id,
        tenant_id: key.tenant_id,
        scopes: key.scopes,
        networks: key.networks,
        expires_at: key.expires_at.map(|end| end.to_string()),
        requests_per_day: requests.and_then(|quota| quota.limit),
        today,
        requests_per_minute: plan
            .as_ref()
            .and_then(|plan| number(plan.requests_per_minute)),
        burst: plan.as_ref().and_then(|plan| number(plan.burst)),
        requests_today: requests.map_or(0, |quota| quota.used),
        keep_s: KEEP_S,
    };
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(verified))
}

/// The key, if it is one that we made. What is not tells nothing about why.
async fn genuine(db: &Db, vault: &Vault, text: &str) -> Result<ApiKey, Fault> {
    let unknown = || Problem::new(Code::ApiKeyUnknown).detail("This key is not valid.");
    let parts = secret::read(text).ok_or_else(unknown)?;
    let found = keys::with_hash(db, parts.id).await?;
    let (key, hash) = found.ok_or_else(unknown)?;
    if vault.is_hash_of(SECRET_PURPOSE, parts.secret, &hash) {
        Ok(key)
    } else {
        Err(unknown().into())
    }
}

fn refuse_ended(key: &ApiKey) -> Result<(), Problem> {
    if key.revoked_at.is_some() {
        return Err(Problem::new(Code::ApiKeyRevoked).detail("This key has been revoked."));
    }
    match key.expires_at {
        Some(end) if end <= Timestamp::now() => {
            Err(Problem::new(Code::ApiKeyExpired).detail(format!("This key ended at {end}.")))
        }
        _ => Ok(()),
    }
}
