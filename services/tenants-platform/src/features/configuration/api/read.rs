//! What a tenant has.

use crate::caller::{Caller, TenantId};
use crate::change::Change;
use crate::features::configuration::domain::effective::{Effective, effective};
use crate::features::configuration::secret_place;
use crate::features::configuration::{keys, values};
use crate::features::tenants;
use ::audit::Note;
use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contracts::tenants::TenantStatus;
use fault::Fault;
use pg::Db;
use problem::Problem;
use serde::Serialize;
use service::server::validators::version_tag;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;
use vault::Vault;

/// What a tenant has of every key.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Configuration {
    /// Counts the tenant's own changes; the `ETag` too.
    pub(super) version: i64,
    /// Counts those and the operator's: what a validation answers, another number whenever a value may be another one.
    pub(super) config_version: i64,
    pub(super) values: BTreeMap<String, Effective>,
}

/// A secret.
#[derive(Serialize, ToSchema)]
struct Secret {
    value: String,
}

/// What a tenant has of every key, and where each value comes from.
#[utoipa::path(params(("tenant" = Uuid, Path)), responses((status = 200, description = "The configuration", body = Configuration)))]
#[get("/{tenant}/configuration")]
pub(super) async fn get_configuration(
    tenant: TenantId,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let configuration = of(&db, tenant.0).await?;
    // For If-Match. No 304: what the plan and the defaults have changes without the tenant's version.
    let etag = version_tag(configuration.version);
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag))
        .insert_header((CACHE_CONTROL, "private, no-cache"))
        .json(configuration))
}

pub(super) async fn of(db: &Db, tenant: Uuid) -> Result<Configuration, Fault> {
    let owner = tenants::find(db, tenant).await?;
    let owner = owner.filter(|tenant| tenant.status != TenantStatus::Deleted);
    let owner = owner.ok_or_else(Fault::not_found)?;
    let all = keys::list(db).await?;
    let plan = keys::of_plan(db, &owner.plan).await?;
    let own = values::latest(db, tenant).await?;
    Ok(Configuration {
        version: own.number,
        config_version: values::version_of(db, tenant).await?,
        values: effective(&all, &plan, &own.values),
    })
}

/// A secret's value, for the service that uses it. That it was read is in the audit.
#[utoipa::path(params(("tenant" = Uuid, Path), ("key" = String, Path)), responses((status = 200, description = "The secret", body = Secret)))]
#[get("/{tenant}/configuration/secrets/{key}")]
pub(super) async fn get_secret(
    path: Path<(String, String)>,
    tenant: TenantId,
    caller: Caller,
    db: Data<Db>,
    vault: Data<Vault>,
) -> Result<HttpResponse, Problem> {
    let (_, name) = path.into_inner();
    let all = keys::list(&db).await.map_err(Fault::from)?;
    let is_secret = all.iter().any(|key| key.name == name && key.secret);
    let own = values::latest(&db, tenant.0).await.map_err(Fault::from)?;
    let sealed = own.values.get(&name).and_then(|value| value.as_str());
    let sealed = sealed.filter(|_| is_secret).ok_or_else(Fault::not_found)?;
    let broken = |error: Box<dyn std::error::Error + Send + Sync>| {
        Fault::broken("a secret cannot be read", error)
    };
    let sealed = STANDARD
        .decode(sealed)
        .map_err(|error| broken(error.into()))?;
    let opened = vault.unseal(&secret_place(tenant.0, &name), &sealed);
    let value = opened.map_err(|error| broken(error.into()))?;
    let mut change = Change::begin(&db, &caller).await?;
    change.note(Note::new("configuration.secret_read", tenant.0, name));
    change.commit().await?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(Secret { value }))
}
