//! The routes: one tenant, or many.
#![expect(
    unused_qualifications,
    reason = "the macro that describes the parameters writes one"
)]

use crate::caller::{TenantId, is_user};
use crate::features::validation::Validations;
use actix_web::http::header::{AGE, CACHE_CONTROL, CONTENT_TYPE, ETAG};
use actix_web::web::{Data, Json, Query};
use actix_web::{HttpRequest, HttpResponse, get, post};
use cache::Answer;
use contracts::tenants::TenantValidation;
use fault::Fault;
use problem::Problem;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use service::server::validators::is_known;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

const MOST: usize = 100;

/// Every route of the capsule, without the check of the API key.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(validate_tenants).service(validate_tenant);
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Who {
    /// The `sub` of a person's token: answers its role, or 404 where it is no member.
    user: Option<String>,
}

/// Tenants to ask about.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Many {
    /// Up to 100.
    tenants: Vec<Uuid>,
    user: Option<String>,
}

/// What was found, in the order of the question.
#[derive(Serialize, ToSchema)]
struct Found {
    #[schema(value_type = Vec<TenantValidation>)]
    data: Vec<Box<RawValue>>,
    /// Unknown, or nothing to the person.
    not_found: Vec<Uuid>,
}

/// Says whether a tenant may be served now.
#[utoipa::path(params(("tenant" = Uuid, Path), Who), responses((status = 200, description = "The tenant exists", body = TenantValidation), (status = 304, description = "You have it already (If-None-Match)")))]
#[get("/{tenant}/validate")]
pub(super) async fn validate_tenant(
    request: HttpRequest,
    tenant: TenantId,
    validations: Data<Validations>,
    query: Query<Who>,
) -> Result<HttpResponse, Problem> {
    check(query.user.as_deref(), "/query/user")?;
    let found = validations.get(tenant.0, query.user.as_deref()).await?;
    let answer = found.ok_or_else(Fault::not_found)?;
    let is_known = is_known(request.headers(), &answer.etag);
    let mut response = if is_known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((ETAG, answer.etag.as_str()))
        .insert_header((CACHE_CONTROL, "private, max-age=30, stale-if-error=60"))
        .insert_header((AGE, age_s(&answer)));
    if is_known {
        return Ok(response.finish());
    }
    Ok(response
        .insert_header((CONTENT_TYPE, "application/json"))
        .body(answer.body.clone()))
}

/// Asks about many tenants at once.
#[utoipa::path(request_body = Many, responses((status = 200, description = "Those that were found", body = Found)))]
#[post("/validate")]
pub(super) async fn validate_tenants(
    validations: Data<Validations>,
    body: Json<Many>,
) -> Result<HttpResponse, Problem> {
    if body.tenants.len() > MOST {
        return Err(Fault::invalid("/body/tenants", "must be at most 100").into());
    }
    check(body.user.as_deref(), "/body/user")?;
    let mut found = Found {
        data: Vec::with_capacity(body.tenants.len()),
        not_found: Vec::new(),
    };
    for tenant in &body.tenants {
        match validations.get(*tenant, body.user.as_deref()).await? {
            None => found.not_found.push(*tenant),
            Some(answer) => found.data.push(raw(&answer)?),
        }
    }
    Ok(HttpResponse::Ok().json(found))
}

fn check(user: Option<&str>, part: &str) -> Result<(), Fault> {
    if user.is_none_or(is_user) {
        Ok(())
    } else {
        Err(Fault::invalid(part, "must be the sub of a token"))
    }
}

fn raw(answer: &Answer) -> Result<Box<RawValue>, Fault> {
    let read = || RawValue::from_string(String::from_utf8(answer.body.to_vec()).ok()?).ok();
    read().ok_or_else(|| Fault::broken("a kept validation is damaged", "it is no JSON"))
}

/// Rounded up: nothing is younger than it says.
fn age_s(answer: &Answer) -> String {
    answer.age().as_millis().div_ceil(1000).to_string()
}
