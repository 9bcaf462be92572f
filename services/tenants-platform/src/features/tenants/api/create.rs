//! Making a tenant.

use crate::caller::{Caller, idempotency_key, is_user};
use crate::features::tenants::domain::naming::name_fault;
use crate::features::tenants::domain::slug;
use crate::features::tenants::lifecycle::{self, NewTenant, Once};
use crate::features::tenants::tenants::Tenant;
use crate::settings::TenantSettings;
use actix_web::http::header::{ETAG, HeaderMap, LOCATION};
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, post};
use fault::Fault;
use pg::Db;
use problem::Problem;
use serde::{Deserialize, Serialize};
use service::server::validators::version_tag;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// A tenant to make.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TenantToMake {
    #[schema(example = "The Smiths", min_length = 1, max_length = 200)]
    name: String,
    /// Made of the name where it is absent.
    #[schema(example = "the-smiths")]
    slug: Option<String>,
    /// What the caller calls it: asked again with the same one, the tenant that was made then is answered.
    external_id: Option<String>,
    /// A plan; the installation's default where it is absent.
    #[schema(example = "family")]
    plan: Option<String>,
    /// The first member: the `sub` of a person's token.
    owner: Option<String>,
    /// `false` leaves it in `provisioning` until it is activated.
    #[serde(default = "yes")]
    activate: bool,
}

const fn yes() -> bool {
    true
}

/// Makes a tenant. With an `external_id` or an `Idempotency-Key` it is made once, however often it is asked for.
#[utoipa::path(
    params(("Idempotency-Key" = Option<String>, Header, description = "Any text of up to 255 characters; remembered for a day")),
    request_body = TenantToMake,
    responses(
        (status = 201, description = "It was made", body = Tenant),
        (status = 200, description = "It was made before", body = Tenant),
        (status = 409, description = "The slug is taken", body = Problem, content_type = "application/problem+json"),
    ),
)]
#[post("")]
pub(super) async fn create_tenant(
    request: HttpRequest,
    caller: Caller,
    db: Data<Db>,
    settings: Data<TenantSettings>,
    body: Json<TenantToMake>,
) -> Result<HttpResponse, Problem> {
    let once = once(request.headers(), &body)?;
    let new = checked(body.into_inner(), &settings.default_plan)?;
    let made = lifecycle::create(&db, &caller, &new, once.as_ref()).await?;
    let mut response = if made.is_new {
        HttpResponse::Created()
    } else {
        HttpResponse::Ok()
    };
    Ok(response
        .insert_header((LOCATION, format!("/tenants/{}", made.tenant.id)))
        .insert_header((ETAG, version_tag(made.tenant.version)))
        .json(made.tenant))
}

fn once(headers: &HeaderMap, body: &TenantToMake) -> Result<Option<Once>, Fault> {
    let Some(key) = idempotency_key(headers)? else {
        return Ok(None);
    };
    let body = serde_json::to_vec(body);
    let body = body.map_err(|error| Fault::broken("a body cannot be written", error))?;
    Ok(Some(Once {
        key: key.to_owned(),
        request: Sha256::digest(body).to_vec(),
    }))
}

fn checked(body: TenantToMake, default_plan: &str) -> Result<NewTenant, Fault> {
    let name = checked_name(&body.name)?;
    if let Some(wrong) = body.slug.as_deref().and_then(slug::fault) {
        return Err(Fault::invalid("/body/slug", wrong));
    }
    if let Some(wrong) = body.external_id.as_deref().and_then(name_fault) {
        return Err(Fault::invalid("/body/external_id", wrong));
    }
    if !body.owner.as_deref().is_none_or(is_user) {
        let detail = "must be the sub of a token: 1 to 255 printable characters without blanks";
        return Err(Fault::invalid("/body/owner", detail));
    }
    Ok(NewTenant {
        name,
        slug: body.slug,
        external_id: body.external_id,
        plan: body.plan.unwrap_or_else(|| default_plan.to_owned()),
        owner: body.owner,
        activate: body.activate,
    })
}

/// A name without blanks around it.
pub(super) fn checked_name(name: &str) -> Result<String, Fault> {
    let name = name.trim();
    match name_fault(name) {
        None => Ok(name.to_owned()),
        Some(wrong) => Err(Fault::invalid("/body/name", wrong)),
    }
}
