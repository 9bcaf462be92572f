//! Activity over HTTP.

use crate::features::activity::{self, Entry};
use crate::tenancy::{Member, Views};
use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use contracts::List;
use fault::Fault;
use pg::Db;
use problem::Problem;
use service::server::page::PageQuery;
use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the capsule.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_activity);
}

/// What was done in the tenant, the newest first.
#[utoipa::path(
    params(crate::tenancy::TenantHeader),
    responses((status = 200, description = "What was done", body = List<Entry>)),
    security(("token" = [])),
)]
#[get("/activity")]
pub(super) async fn list_activity(
    member: Member<Views>,
    db: Data<Db>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let page = query.page()?;
    let found = activity::list(&db, &member.context(), None, page.after()?, page.rows()).await;
    let list = page.list(found.map_err(Fault::from)?, |entry| entry.id.to_string());
    Ok(HttpResponse::Ok().json(list))
}
