//! Making, changing, replacing and revoking keys.

use crate::caller::{Caller, TenantId};
use crate::change::Change;
use crate::features::api_keys::domain::{network, scope, secret};
use crate::features::api_keys::keys::{self, ApiKey};
use crate::features::tenants;
use ::audit::Note;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Json, Query};
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use contracts::List;
use fault::Fault;
use jiff::{SignedDuration, Timestamp};
use pg::Db;
use problem::Problem;
use serde::{Deserialize, Serialize};
use service::server::page::PageQuery;
use utoipa::ToSchema;
use vault::{Vault, random_text};

/// What a secret is hashed for.
pub(super) const SECRET_PURPOSE: &str = "api_key";
const DAY_S: u32 = 86_400;
const LONGEST_OVERLAP_S: u32 = 30 * DAY_S;
const LONGEST_NAME: usize = 100;

/// A key to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyToMake {
    #[schema(example = "workshop computer")]
    name: String,
    #[schema(example = json!(["vehicles:read"]))]
    scopes: Vec<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// CIDR; none means everywhere.
    #[serde(default)]
    networks: Vec<String>,
}

/// What to change; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyChange {
    name: Option<String>,
    scopes: Option<Vec<String>>,
    networks: Option<Vec<String>>,
}

/// How a key is replaced.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Rotation {
    /// For how long the old key is still valid: a day by default, 30 at most.
    #[schema(maximum = 2_592_000)]
    overlap_s: Option<u32>,
    /// When the new key ends; without it, when the old one would have.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// A key with its secret. It is shown this once.
#[derive(Serialize, ToSchema)]
struct KeyWithSecret {
    #[serde(flatten)]
    api_key: ApiKey,
    #[schema(example = "mvp_live_aB3dE6gH9jK2_0123456789abcdefghijABCDEFGHIJ01_1sT4xZ")]
    key: String,
}

/// Makes a key.
#[utoipa::path(params(("tenant" = Uuid, Path)), request_body = KeyToMake, responses((status = 201, description = "The key; it is shown this once", body = KeyWithSecret)))]
#[post("/{tenant}/api-keys")]
pub(super) async fn create_key(
    tenant: TenantId,
    caller: Caller,
    db: Data<Db>,
    vault: Data<Vault>,
    body: Json<KeyToMake>,
) -> Result<HttpResponse, Problem> {
    let new = body.into_inner();
    let now = pg::now();
    let expires_at = ahead(new.expires_at)?;
    let key = checked(ApiKey {
        id: random_text(secret::ID_LENGTH),
        tenant_id: tenant.0,
        name: new.name,
        scopes: new.scopes,
        networks: new.networks,
        created_at: now,
        created_by: caller.actor.clone(),
        expires_at,
        revoked_at: None,
        last_used_at: None,
        replaced_by: None,
    })?;
    let mut change = Change::begin(&db, &caller).await?;
    tenants::lock_living(change.transaction(), tenant.0).await?;
    let text = insert(&change, &vault, &key).await?;
    change.note(Note::new("api_key.created", tenant.0, &key.id).after(&key));
    change.commit().await?;
    Ok(shown(HttpResponse::Created(), key, text))
}

/// The keys of a tenant, revoked ones too.
#[utoipa::path(params(("tenant" = Uuid, Path), PageQuery), responses((status = 200, description = "The keys", body = List<ApiKey>)))]
#[get("/{tenant}/api-keys")]
pub(super) async fn list_keys(
    tenant: TenantId,
    db: Data<Db>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let page = query.page()?;
    tenants::require(&db, tenant.0).await?;
    let found = keys::list(&db, tenant.0, page.after()?, page.rows()).await;
    let list = page.list(found.map_err(Fault::from)?, |key| key.id.clone());
    Ok(HttpResponse::Ok().json(list))
}

/// One key.
#[utoipa::path(params(("tenant" = Uuid, Path), ("key" = String, Path)), responses((status = 200, description = "The key", body = ApiKey)))]
#[get("/{tenant}/api-keys/{key}")]
pub(super) async fn get_key(
    request: HttpRequest,
    tenant: TenantId,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let found = keys::find(&db, tenant.0, id_of(&request)).await;
    let key = found.map_err(Fault::from)?.ok_or_else(Fault::not_found)?;
    Ok(HttpResponse::Ok().json(key))
}

/// Changes what a key may do.
#[utoipa::path(params(("tenant" = Uuid, Path), ("key" = String, Path)), request_body = KeyChange, responses((status = 200, description = "The key", body = ApiKey)))]
#[patch("/{tenant}/api-keys/{key}")]
pub(super) async fn change_key(
    request: HttpRequest,
    tenant: TenantId,
    caller: Caller,
    db: Data<Db>,
    body: Json<KeyChange>,
) -> Result<HttpResponse, Problem> {
    let wanted = body.into_inner();
    let mut change = Change::begin(&db, &caller).await?;
    let before = living(&change, &request, tenant).await?;
    let key = checked(ApiKey {
        name: wanted.name.unwrap_or_else(|| before.name.clone()),
        scopes: wanted.scopes.unwrap_or_else(|| before.scopes.clone()),
        networks: wanted.networks.unwrap_or_else(|| before.networks.clone()),
        ..before.clone()
    })?;
    let updated = keys::update(change.transaction(), &key).await;
    updated.map_err(Fault::from)?;
    let note = Note::new("api_key.changed", tenant.0, &key.id);
    change.note(note.before(&before).after(&key));
    change.commit().await?;
    Ok(HttpResponse::Ok().json(key))
}

/// Ends a key at once, for good.
#[utoipa::path(params(("tenant" = Uuid, Path), ("key" = String, Path)), responses((status = 204, description = "It is valid no more")))]
#[delete("/{tenant}/api-keys/{key}")]
pub(super) async fn revoke_key(
    request: HttpRequest,
    tenant: TenantId,
    caller: Caller,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let mut change = Change::begin(&db, &caller).await?;
    let found = keys::lock(change.transaction(), tenant.0, id_of(&request)).await;
    let before = found.map_err(Fault::from)?.ok_or_else(Fault::not_found)?;
    if before.revoked_at.is_none() {
        let key = ApiKey {
            revoked_at: Some(pg::now()),
            ..before.clone()
        };
        let updated = keys::update(change.transaction(), &key).await;
        updated.map_err(Fault::from)?;
        let note = Note::new("api_key.revoked", tenant.0, &key.id);
        change.note(note.before(&before).after(&key));
        change.commit().await?;
    }
    Ok(HttpResponse::NoContent().finish())
}

/// Makes a key that takes the place of another, which stays valid for a while.
#[utoipa::path(
    params(("tenant" = Uuid, Path), ("key" = String, Path)),
    request_body = Rotation,
    responses(
        (status = 201, description = "The new key; it is shown this once", body = KeyWithSecret),
        (status = 409, description = "It was replaced already", body = Problem, content_type = "application/problem+json"),
    ),
)]
#[post("/{tenant}/api-keys/{key}/rotate")]
pub(super) async fn rotate_key(
    request: HttpRequest,
    tenant: TenantId,
    caller: Caller,
    db: Data<Db>,
    vault: Data<Vault>,
    body: Json<Rotation>,
) -> Result<HttpResponse, Problem> {
    let overlap_s = body.overlap_s.unwrap_or(DAY_S);
    if overlap_s > LONGEST_OVERLAP_S {
        return Err(Fault::invalid("/body/overlap_s", "must be at most 2592000 (30 days)").into());
    }
    let expires_at = ahead(body.expires_at)?;
    let mut change = Change::begin(&db, &caller).await?;
    let before = living(&change, &request, tenant).await?;
    if before.replaced_by.is_some() {
        return Err(Fault::conflict("The key has been replaced already.").into());
    }
    let now = pg::now();
    let end = now.saturating_add(SignedDuration::from_secs(i64::from(overlap_s)));
    let end = end.map_err(|error| Fault::broken("the clock is out of range", error))?;
    let new = ApiKey {
        id: random_text(secret::ID_LENGTH),
        created_at: now,
        created_by: caller.actor.clone(),
        expires_at: expires_at.or(before.expires_at),
        last_used_at: None,
        ..before.clone()
    };
    let text = insert(&change, &vault, &new).await?;
    let old = ApiKey {
        expires_at: Some(before.expires_at.map_or(end, |own| own.min(end))),
        replaced_by: Some(new.id.clone()),
        ..before.clone()
    };
    let updated = keys::update(change.transaction(), &old).await;
    updated.map_err(Fault::from)?;
    change.note(Note::new("api_key.created", tenant.0, &new.id).after(&new));
    let note = Note::new("api_key.replaced", tenant.0, &old.id);
    change.note(note.before(&before).after(&old));
    change.commit().await?;
    Ok(shown(HttpResponse::Created(), new, text))
}

/// A key that is neither revoked nor expired, kept for this change.
async fn living(change: &Change, request: &HttpRequest, tenant: TenantId) -> Result<ApiKey, Fault> {
    tenants::lock_living(change.transaction(), tenant.0).await?;
    let found = keys::lock(change.transaction(), tenant.0, id_of(request)).await?;
    let key = found.ok_or_else(Fault::not_found)?;
    let has_ended =
        key.revoked_at.is_some() || key.expires_at.is_some_and(|end| end <= Timestamp::now());
    if has_ended {
        return Err(Fault::conflict("The key is valid no more."));
    }
    Ok(key)
}

/// When a key ends, as it is kept.
fn ahead(end: Option<Timestamp>) -> Result<Option<Timestamp>, Fault> {
    if end.is_some_and(|end| end <= Timestamp::now()) {
        return Err(Fault::invalid("/body/expires_at", "must be in the future"));
    }
    Ok(end.map(pg::kept))
}

async fn insert(change: &Change, vault: &Vault, key: &ApiKey) -> Result<String, Fault> {
    let secret = random_text(secret::SECRET_LENGTH);
    let hash = vault.hash(SECRET_PURPOSE, &secret);
    keys::insert(change.transaction(), key, &hash).await?;
    Ok(secret::written(&key.id, &secret))
}

fn shown(
    mut response: actix_web::HttpResponseBuilder,
    api_key: ApiKey,
    key: String,
) -> HttpResponse {
    response
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(KeyWithSecret { api_key, key })
}

fn checked(key: ApiKey) -> Result<ApiKey, Fault> {
    let name = key.name.trim().to_owned();
    if !(1..=LONGEST_NAME).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(Fault::invalid(
            "/body/name",
            "must have 1 to 100 printable characters",
        ));
    }
    if let Some(wrong) = scope::fault(&key.scopes) {
        return Err(Fault::invalid("/body/scopes", wrong));
    }
    let networks = network::checked(&key.networks);
    let networks = networks.map_err(|wrong| Fault::invalid("/body/networks", wrong))?;
    Ok(ApiKey {
        name,
        networks,
        ..key
    })
}

pub(super) fn id_of(request: &HttpRequest) -> &str {
    request.match_info().get("key").unwrap_or_default()
}
