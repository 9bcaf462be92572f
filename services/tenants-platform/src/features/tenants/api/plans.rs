//! What plans include.

use crate::caller::Caller;
use crate::change::Change;
use crate::features::tenants::domain::metric::Limits;
use crate::features::tenants::domain::plan::Plan;
use crate::features::tenants::plans;
use ::audit::Note;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, get, put};
use contracts::List;
use fault::Fault;
use pg::Db;
use problem::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

/// What a plan includes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PlanToPut {
    title: String,
    /// Metric → limit; what is absent has none.
    quotas: Limits,
    /// How fast the programs of a tenant may ask, all of them together; absent is as fast as they can.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000)]
    requests_per_minute: Option<i32>,
    /// So many of them at once; absent is all of them.
    #[serde(default)]
    #[schema(minimum = 1)]
    burst: Option<i32>,
    #[serde(default)]
    features: Vec<String>,
}

/// The plans, by name.
#[utoipa::path(responses((status = 200, description = "The plans", body = List<Plan>)))]
#[get("/plans")]
pub(super) async fn list_plans(db: Data<Db>) -> Result<HttpResponse, Problem> {
    let plans = plans::list(&db).await.map_err(Fault::from)?;
    Ok(HttpResponse::Ok().json(List::complete(plans)))
}

/// Makes a plan, or changes what it includes for all of its tenants at once.
#[utoipa::path(params(("plan" = String, Path)), request_body = PlanToPut, responses((status = 200, description = "The plan", body = Plan)))]
#[put("/plans/{plan}")]
pub(super) async fn put_plan(
    name: Path<String>,
    caller: Caller,
    db: Data<Db>,
    body: Json<PlanToPut>,
) -> Result<HttpResponse, Problem> {
    let body = body.into_inner();
    let plan = Plan {
        name: name.into_inner(),
        title: body.title,
        quotas: body.quotas,
        requests_per_minute: body.requests_per_minute,
        burst: body.burst,
        features: body.features,
    };
    if let Some((part, reason)) = plan.fault() {
        return Err(Fault::invalid(part, reason).into());
    }
    let mut change = Change::begin(&db, &caller).await?;
    let transaction = change.transaction();
    let before = plans::find(transaction, &plan.name).await;
    let before = before.map_err(Fault::from)?;
    plans::put(transaction, &plan).await.map_err(Fault::from)?;
    let note = Note::new("plan.changed", None, &plan.name);
    change.note(note.before(&before).after(&plan));
    change.commit().await?;
    Ok(HttpResponse::Ok().json(plan))
}
