//! Changing what a tenant has set.

use super::read;
use crate::caller::{Caller, TenantId};
use crate::change::Change;
use crate::features::configuration::domain::difference::{differences, without_secrets};
use crate::features::configuration::domain::key::{Key, Scope};
use crate::features::configuration::keys;
use crate::features::configuration::secret_place;
use crate::features::configuration::values::{self, Version};
use crate::features::tenants;
use ::audit::Note;
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, patch, put};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fault::Fault;
use pg::Db;
use problem::{Code, Problem};
use read::Configuration;
use serde::Deserialize;
use serde_json::{Map, Value};
use service::server::validators::{expect_version, version_tag};
use utoipa::ToSchema;
use uuid::Uuid;
use vault::Vault;

/// Values by key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Values {
    /// Null takes a value away.
    #[schema(value_type = Object, example = json!({"display.currency": "EUR"}))]
    values: Map<String, Value>,
}

/// Sets some values. All of them take effect, or none.
#[utoipa::path(
    params(("tenant" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag that was read")),
    request_body = Values,
    responses(
        (status = 200, description = "The configuration", body = Configuration),
    ),
)]
#[patch("/{tenant}/configuration")]
pub(super) async fn patch_configuration(
    request: HttpRequest,
    tenant: TenantId,
    caller: Caller,
    db: Data<Db>,
    vault: Data<Vault>,
    body: Json<Values>,
) -> Result<HttpResponse, Problem> {
    apply(&request, tenant, &caller, &db, |now, all| {
        merged(now.clone(), &body.values, all, &vault, tenant.0)
    })
    .await
}

/// Sets these values and takes all others away.
#[utoipa::path(
    params(("tenant" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag that was read")),
    request_body = Values,
    responses(
        (status = 200, description = "The configuration", body = Configuration),
    ),
)]
#[put("/{tenant}/configuration")]
pub(super) async fn put_configuration(
    request: HttpRequest,
    tenant: TenantId,
    caller: Caller,
    db: Data<Db>,
    vault: Data<Vault>,
    body: Json<Values>,
) -> Result<HttpResponse, Problem> {
    apply(&request, tenant, &caller, &db, |_, all| {
        merged(Map::new(), &body.values, all, &vault, tenant.0)
    })
    .await
}

/// Makes a new version out of the present one.
pub(super) async fn apply(
    request: &HttpRequest,
    tenant: TenantId,
    caller: &Caller,
    db: &Db,
    make: impl FnOnce(&Map<String, Value>, &[Key]) -> Result<Map<String, Value>, Fault>,
) -> Result<HttpResponse, Problem> {
    let mut change = Change::begin(db, caller).await?;
    let transaction = change.transaction();
    // One change of a tenant after the other.
    tenants::lock_living(transaction, tenant.0).await?;
    let now = values::latest_in(transaction, tenant.0).await;
    let now = now.map_err(Fault::from)?;
    expect_version(request.headers(), now.number)?;
    let all = keys::list_in(transaction).await.map_err(Fault::from)?;
    let values = make(&now.values, &all)?;
    if values != now.values {
        let next = Version {
            number: now.number.saturating_add(1),
            values,
            changed_by: caller
                .actor
                .clone()
                .unwrap_or_else(|| caller.consumer.clone()),
            ..Version::default()
        };
        let inserted = values::insert(transaction, tenant.0, &next).await;
        inserted.map_err(Fault::from)?;
        let note = Note::new("configuration.changed", tenant.0, next.number)
            .before(&without_secrets(&all, &now.values))
            .after(&serde_json::json!({
                "version": next.number,
                "changes": differences(&all, &now.values, &next.values),
            }));
        change.note(note);
    }
    change.commit().await?;
    let configuration = read::of(db, tenant.0).await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, version_tag(configuration.version)))
        .json(configuration))
}

/// The values with others set over them. Every value that cannot be set is named.
fn merged(
    mut values: Map<String, Value>,
    wanted: &Map<String, Value>,
    all: &[Key],
    vault: &Vault,
    tenant: Uuid,
) -> Result<Map<String, Value>, Fault> {
    let mut problem = Problem::new(Code::InvalidBody).detail("Nothing was changed.");
    for (name, value) in wanted {
        let pointer = format!("/body/values/{name}");
        let Some(key) = all.iter().find(|key| key.name == *name) else {
            problem = problem.error(pointer, "is not a registered key");
            continue;
        };
        if key.scope == Scope::Platform {
            problem = problem.error(pointer, "is set by the operator");
        } else if value.is_null() {
            values.remove(name);
        } else if let Some(reason) = key.refusal(value) {
            problem = problem.error(pointer, reason);
        } else {
            let kept = kept(key, value, vault, tenant)?;
            values.insert(name.clone(), kept);
        }
    }
    if problem.errors.is_empty() {
        Ok(values)
    } else {
        Err(problem.into())
    }
}

/// A value as it is kept: a secret is sealed.
fn kept(key: &Key, value: &Value, vault: &Vault, tenant: Uuid) -> Result<Value, Fault> {
    let Some(text) = value.as_str().filter(|_| key.secret) else {
        return Ok(value.clone());
    };
    let sealed = vault.seal(&secret_place(tenant, &key.name), text);
    let sealed = sealed.map_err(|error| Fault::broken("a secret cannot be kept", error))?;
    Ok(STANDARD.encode(sealed).into())
}
