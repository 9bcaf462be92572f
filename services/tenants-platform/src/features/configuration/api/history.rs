//! How a tenant's configuration was, and going back.
#![expect(
    unused_qualifications,
    reason = "the macro that describes the parameters writes one"
)]

use super::change::apply;
use super::read::Configuration;
use crate::caller::{Caller, TenantId};
use crate::features::configuration::domain::difference::{
    Difference, differences, without_secrets,
};
use crate::features::configuration::domain::key::Scope;
use crate::features::configuration::{keys, values};
use crate::features::tenants;
use actix_web::web::{Data, Json, Query};
use actix_web::{HttpRequest, HttpResponse, get, post};
use contracts::List;
use fault::Fault;
use jiff::Timestamp;
use pg::Db;
use problem::Problem;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use service::server::page::PageQuery;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Between {
    /// A version; 0 is before anything was set.
    from: i64,
    to: i64,
}

/// The version to go back to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Back {
    version: i64,
}

/// What a tenant had set.
#[derive(Debug, Serialize, ToSchema)]
struct PastVersion {
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    changed_at: Timestamp,
    /// The person, or the program.
    changed_by: String,
    /// Secrets are not shown.
    #[schema(value_type = Object)]
    values: Map<String, Value>,
}

/// The versions of a tenant's configuration, the latest first.
#[utoipa::path(params(("tenant" = Uuid, Path), PageQuery), responses((status = 200, description = "The versions", body = List<PastVersion>)))]
#[get("/{tenant}/configuration/history")]
pub(super) async fn list_history(
    tenant: TenantId,
    db: Data<Db>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let page = query.page()?;
    tenants::require(&db, tenant.0).await?;
    let all = keys::list(&db).await.map_err(Fault::from)?;
    let found = values::history(&db, tenant.0, page.after()?, page.rows()).await;
    let versions = found
        .map_err(Fault::from)?
        .into_iter()
        .map(|it| PastVersion {
            version: it.number,
            changed_at: it.changed_at,
            changed_by: it.changed_by,
            values: without_secrets(&all, &it.values),
        });
    let list = page.list(versions.collect(), |it: &PastVersion| {
        it.version.to_string()
    });
    Ok(HttpResponse::Ok().json(list))
}

/// What differs between two versions.
#[utoipa::path(params(("tenant" = Uuid, Path), Between), responses((status = 200, description = "The keys that differ", body = List<Difference>)))]
#[get("/{tenant}/configuration/diff")]
pub(super) async fn get_differences(
    tenant: TenantId,
    db: Data<Db>,
    query: Query<Between>,
) -> Result<HttpResponse, Problem> {
    tenants::require(&db, tenant.0).await?;
    let all = keys::list(&db).await.map_err(Fault::from)?;
    let from = values_at(&db, tenant.0, query.from, "/query/from").await?;
    let to = values_at(&db, tenant.0, query.to, "/query/to").await?;
    let found = differences(&all, &from, &to);
    Ok(HttpResponse::Ok().json(List::complete(found)))
}

/// Makes a new version that is like an old one, as far as its keys still take its values.
#[utoipa::path(params(("tenant" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag that was read")), request_body = Back, responses((status = 200, description = "The configuration", body = Configuration)))]
#[post("/{tenant}/configuration/rollback")]
pub(super) async fn roll_back(
    request: HttpRequest,
    tenant: TenantId,
    caller: Caller,
    db: Data<Db>,
    body: Json<Back>,
) -> Result<HttpResponse, Problem> {
    let mut old = values_at(&db, tenant.0, body.version, "/body/version").await?;
    apply(&request, tenant, &caller, &db, |_, all| {
        // What the operator has taken over since is no more the tenant's to set.
        let is_own = |name: &String| {
            let key = all.iter().find(|key| key.name == *name);
            key.is_none_or(|key| key.scope == Scope::Tenant)
        };
        old.retain(|name, _| is_own(name));
        for key in all.iter().filter(|key| !key.secret) {
            if let Some(reason) = old.get(&key.name).and_then(|value| key.refusal(value)) {
                let detail = format!(
                    "{} had a value that is not accepted any more: {reason}",
                    key.name
                );
                return Err(Fault::invalid("/body/version", detail));
            }
        }
        Ok(old)
    })
    .await
}

async fn values_at(
    db: &Db,
    tenant: Uuid,
    version: i64,
    part: &str,
) -> Result<Map<String, Value>, Fault> {
    let found = values::at(db, tenant, version).await?;
    let found = found.ok_or_else(|| Fault::invalid(part, "is not a version of this tenant"))?;
    Ok(found.values)
}
