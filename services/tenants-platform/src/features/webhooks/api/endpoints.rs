//! Subscribing, looking, changing, leaving.
#![expect(
    unused_qualifications,
    reason = "the macro that describes the parameters writes one"
)]

use crate::caller::{Caller, id_of};
use crate::change::Change;
use crate::features::tenants;
use crate::features::webhooks::domain::signature;
use crate::features::webhooks::endpoints::{self, Endpoint};
use crate::features::webhooks::secret_place;
use ::audit::Note;
use actix_web::web::{Data, Json, Query};
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use contracts::List;
use fault::Fault;
use pg::Db;
use problem::Problem;
use serde::{Deserialize, Serialize};
use service::server::page::Page;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use vault::Vault;

const LONGEST_URL: usize = 2_000;
const LONGEST_DESCRIPTION: usize = 500;
const MOST_KINDS: usize = 50;

/// A subscription to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewWebhook {
    #[schema(example = "https://example.com/hooks/motovaultpro")]
    url: String,
    /// Whose events; without it, everybody's.
    tenant_id: Option<Uuid>,
    #[serde(default)]
    description: String,
    /// Kinds of events; none means all.
    #[serde(default)]
    #[schema(example = json!(["tenant", "api_key.revoked"]))]
    event_types: Vec<String>,
}

/// What to change; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WebhookChange {
    url: Option<String>,
    description: Option<String>,
    event_types: Option<Vec<String>>,
    enabled: Option<bool>,
}

/// An endpoint with the secret that its events are signed with. It is shown this once.
#[derive(Debug, Serialize, ToSchema)]
struct WebhookWithSecret {
    #[serde(flatten)]
    webhook: Endpoint,
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Of this tenant alone.
    tenant_id: Option<Uuid>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Subscribes an address to events.
#[utoipa::path(request_body = NewWebhook, responses((status = 201, description = "The endpoint and its secret", body = WebhookWithSecret)))]
#[post("/webhooks")]
pub(super) async fn create_webhook(
    caller: Caller,
    db: Data<Db>,
    vault: Data<Vault>,
    body: Json<NewWebhook>,
) -> Result<HttpResponse, Problem> {
    let new = body.into_inner();
    let webhook = Endpoint {
        id: Uuid::now_v7(),
        tenant_id: new.tenant_id,
        url: new.url,
        description: new.description,
        event_types: new.event_types,
        enabled: true,
        version: 1,
        created_at: pg::now(),
    };
    check(&webhook)?;
    let (secret, sealed) = new_secret(&vault, webhook.id)?;
    let mut change = Change::begin(&db, &caller).await?;
    if let Some(tenant) = webhook.tenant_id {
        match tenants::lock_living(change.transaction(), tenant).await {
            Err(Fault::Refused(_)) => {
                return Err(Fault::invalid("/body/tenant_id", "is no living tenant").into());
            }
            other => other?,
        };
    }
    let inserted = endpoints::insert(change.transaction(), &webhook, &sealed).await;
    inserted.map_err(Fault::from)?;
    change.note(note("webhook.created", &webhook).after(&webhook));
    change.commit().await?;
    Ok(HttpResponse::Created().json(WebhookWithSecret { webhook, secret }))
}

/// The endpoints, the oldest first.
#[utoipa::path(params(Which), responses((status = 200, description = "The endpoints", body = List<Endpoint>)))]
#[get("/webhooks")]
pub(super) async fn list_webhooks(
    db: Data<Db>,
    query: Query<Which>,
) -> Result<HttpResponse, Problem> {
    let page = Page::read(query.limit, query.cursor.as_deref())?;
    let found = endpoints::list(&db, query.tenant_id, page.after()?, page.rows()).await;
    let list = page.list(found.map_err(Fault::from)?, |webhook| {
        webhook.id.to_string()
    });
    Ok(HttpResponse::Ok().json(list))
}

/// One endpoint.
#[utoipa::path(params(("webhook" = Uuid, Path)), responses((status = 200, description = "The endpoint", body = Endpoint)))]
#[get("/webhooks/{webhook}")]
pub(super) async fn get_webhook(
    request: HttpRequest,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let found = endpoints::find(&db, id_of(&request, "webhook")?).await;
    let webhook = found.map_err(Fault::from)?.ok_or_else(Fault::not_found)?;
    Ok(HttpResponse::Ok().json(webhook))
}

/// Changes an endpoint.
#[utoipa::path(params(("webhook" = Uuid, Path)), request_body = WebhookChange, responses((status = 200, description = "The endpoint", body = Endpoint)))]
#[patch("/webhooks/{webhook}")]
pub(super) async fn change_webhook(
    request: HttpRequest,
    caller: Caller,
    db: Data<Db>,
    body: Json<WebhookChange>,
) -> Result<HttpResponse, Problem> {
    let wanted = body.into_inner();
    let mut change = Change::begin(&db, &caller).await?;
    let before = locked(&change, &request).await?;
    let webhook = Endpoint {
        url: wanted.url.unwrap_or_else(|| before.url.clone()),
        description: wanted
            .description
            .unwrap_or_else(|| before.description.clone()),
        event_types: wanted
            .event_types
            .unwrap_or_else(|| before.event_types.clone()),
        enabled: wanted.enabled.unwrap_or(before.enabled),
        version: before.version.saturating_add(1),
        ..before.clone()
    };
    check(&webhook)?;
    let updated = endpoints::update(change.transaction(), &webhook, None).await;
    updated.map_err(Fault::from)?;
    change.note(
        note("webhook.changed", &webhook)
            .before(&before)
            .after(&webhook),
    );
    change.commit().await?;
    Ok(HttpResponse::Ok().json(webhook))
}

/// Ends a subscription; what is still to be sent is not.
#[utoipa::path(params(("webhook" = Uuid, Path)), responses((status = 204, description = "It is gone")))]
#[delete("/webhooks/{webhook}")]
pub(super) async fn delete_webhook(
    request: HttpRequest,
    caller: Caller,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let mut change = Change::begin(&db, &caller).await?;
    let before = locked(&change, &request).await?;
    let deleted = endpoints::delete(change.transaction(), before.id).await;
    deleted.map_err(Fault::from)?;
    change.note(note("webhook.deleted", &before).before(&before));
    change.commit().await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Gives an endpoint a new secret. For a day the old one signs too.
#[utoipa::path(params(("webhook" = Uuid, Path)), responses((status = 200, description = "The endpoint and its new secret", body = WebhookWithSecret)))]
#[post("/webhooks/{webhook}/rotate-secret")]
pub(super) async fn rotate_secret(
    request: HttpRequest,
    caller: Caller,
    db: Data<Db>,
    vault: Data<Vault>,
) -> Result<HttpResponse, Problem> {
    let mut change = Change::begin(&db, &caller).await?;
    let before = locked(&change, &request).await?;
    let (secret, sealed) = new_secret(&vault, before.id)?;
    let webhook = Endpoint {
        version: before.version.saturating_add(1),
        ..before
    };
    let updated = endpoints::update(change.transaction(), &webhook, Some(&sealed)).await;
    updated.map_err(Fault::from)?;
    change.note(note("webhook.secret_rotated", &webhook));
    change.commit().await?;
    Ok(HttpResponse::Ok().json(WebhookWithSecret { webhook, secret }))
}

async fn locked(change: &Change, request: &HttpRequest) -> Result<Endpoint, Fault> {
    let id = id_of(request, "webhook")?;
    let found = endpoints::lock(change.transaction(), id).await?;
    found.ok_or_else(Fault::not_found)
}

fn note(action: &'static str, webhook: &Endpoint) -> Note {
    Note::new(action, webhook.tenant_id, webhook.id)
}

fn new_secret(vault: &Vault, endpoint: Uuid) -> Result<(String, Vec<u8>), Fault> {
    let secret = signature::secret(&rand::random::<[u8; 32]>());
    let sealed = vault.seal(&secret_place(endpoint), &secret);
    let sealed = sealed.map_err(|error| Fault::broken("a secret cannot be kept", error))?;
    Ok((secret, sealed))
}

fn check(webhook: &Endpoint) -> Result<(), Fault> {
    let url: Option<reqwest::Url> = webhook.url.parse().ok();
    let is_usable = url.is_some_and(|url| {
        matches!(url.scheme(), "https" | "http")
            && url.host_str().is_some()
            && url.username().is_empty()
            && url.password().is_none()
    });
    if !is_usable || webhook.url.len() > LONGEST_URL {
        let detail = "must be an http or https URL without a user, of at most 2000 characters";
        return Err(Fault::invalid("/body/url", detail));
    }
    if webhook.description.chars().count() > LONGEST_DESCRIPTION {
        let detail = "must have at most 500 characters";
        return Err(Fault::invalid("/body/description", detail));
    }
    let is_kind = |kind: &String| {
        (1..=64).contains(&kind.len())
            && kind
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'.'))
    };
    if webhook.event_types.len() > MOST_KINDS || !webhook.event_types.iter().all(is_kind) {
        let detail = "must be at most 50 kinds of events, as tenant or api_key.revoked";
        return Err(Fault::invalid("/body/event_types", detail));
    }
    Ok(())
}
