//! Registering keys, and what plans have of them.

use crate::caller::Caller;
use crate::change::Change;
use crate::features::configuration::domain::key::{Key, Scope};
use crate::features::configuration::keys;
use ::audit::Note;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, put};
use contracts::List;
use fault::Fault;
use pg::Db;
use problem::Problem;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A key to register.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyToPut {
    description: String,
    /// JSON Schema 2020-12.
    schema: Value,
    default: Option<Value>,
    scope: Scope,
    /// Cannot be changed later.
    #[serde(default)]
    secret: bool,
}

/// What a plan has.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PlanValue {
    value: Value,
}

/// The keys, by name.
#[utoipa::path(responses((status = 200, description = "The keys", body = List<Key>)))]
#[get("/configuration/keys")]
pub(super) async fn list_keys(db: Data<Db>) -> Result<HttpResponse, Problem> {
    let keys = keys::list(&db).await.map_err(Fault::from)?;
    Ok(HttpResponse::Ok().json(List::complete(keys)))
}

/// Registers a key, or changes its schema and default.
#[utoipa::path(params(("key" = String, Path)), request_body = KeyToPut, responses((status = 200, description = "The key", body = Key)))]
#[put("/configuration/keys/{key}")]
pub(super) async fn put_key(
    name: Path<String>,
    caller: Caller,
    db: Data<Db>,
    body: Json<KeyToPut>,
) -> Result<HttpResponse, Problem> {
    let body = body.into_inner();
    let key = Key {
        name: name.into_inner(),
        description: body.description,
        schema: body.schema,
        default: body.default,
        scope: body.scope,
        secret: body.secret,
    };
    if let Some((part, reason)) = key.fault() {
        return Err(Fault::invalid(part, reason).into());
    }
    let mut change = Change::begin(&db, &caller).await?;
    let transaction = change.transaction();
    let all = keys::list_to_change(transaction).await;
    let all = all.map_err(Fault::from)?;
    let before = all.into_iter().find(|held| held.name == key.name);
    if before
        .as_ref()
        .is_some_and(|held| held.secret != key.secret)
    {
        return Err(Fault::invalid("/body/secret", "cannot be changed").into());
    }
    let of_plans = keys::of_plans(transaction, &key.name).await;
    for (plan, value) in of_plans.map_err(Fault::from)? {
        if let Some(reason) = key.refusal(&value) {
            let detail = format!("refuses what the plan {plan} has: {reason}");
            return Err(Fault::invalid("/body/schema", detail).into());
        }
    }
    keys::put(transaction, &key).await.map_err(Fault::from)?;
    let note = Note::new("configuration.key_changed", None, &key.name);
    change.note(note.before(&before).after(&key));
    change.commit().await?;
    Ok(HttpResponse::Ok().json(key))
}

/// Sets what tenants of a plan have of a key, where they set nothing themselves.
#[utoipa::path(params(("plan" = String, Path), ("key" = String, Path)), request_body = PlanValue, responses((status = 204, description = "It is set")))]
#[put("/configuration/plans/{plan}/{key}")]
pub(super) async fn put_plan_value(
    path: Path<(String, String)>,
    caller: Caller,
    db: Data<Db>,
    body: Json<PlanValue>,
) -> Result<HttpResponse, Problem> {
    set(&db, &caller, path.into_inner(), Some(&body.value)).await
}

/// Takes away what a plan has of a key.
#[utoipa::path(params(("plan" = String, Path), ("key" = String, Path)), responses((status = 204, description = "It is gone")))]
#[delete("/configuration/plans/{plan}/{key}")]
pub(super) async fn delete_plan_value(
    path: Path<(String, String)>,
    caller: Caller,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    set(&db, &caller, path.into_inner(), None).await
}

async fn set(
    db: &Db,
    caller: &Caller,
    (plan, name): (String, String),
    value: Option<&Value>,
) -> Result<HttpResponse, Problem> {
    let mut change = Change::begin(db, caller).await?;
    let transaction = change.transaction();
    let all = keys::list_to_change(transaction).await;
    let all = all.map_err(Fault::from)?;
    let key = all.into_iter().find(|key| key.name == name);
    let key = key.ok_or_else(|| Fault::invalid("/path/key", "is not a registered key"))?;
    if key.secret {
        return Err(Fault::invalid("/path/key", "a plan has no secrets").into());
    }
    if let Some(reason) = value.and_then(|value| key.refusal(value)) {
        return Err(Fault::invalid("/body/value", reason).into());
    }
    let done = keys::set_of_plan(transaction, &plan, &name, value).await;
    done.map_err(Fault::from)?;
    let subject = format!("{plan}/{name}");
    change.note(
        Note::new("configuration.plan_changed", None, subject).after(&json!({ "value": value })),
    );
    change.commit().await?;
    Ok(HttpResponse::NoContent().finish())
}
