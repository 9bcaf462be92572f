//! What plans include.

use crate::caller::Caller;
use crate::change::Change;
use crate::features::tenants::domain::metric::{Limits, Metric};
use crate::features::tenants::plans::{self, Plan};
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
    check(&plan)?;
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

fn check(plan: &Plan) -> Result<(), Fault> {
    let is_name = |text: &str| {
        (2..=32).contains(&text.len())
            && text.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-')
            })
    };
    if !is_name(&plan.name) {
        let detail = "must have 2 to 32 lower-case letters, digits, _ and -";
        return Err(Fault::invalid("/path/plan", detail));
    }
    if !(1..=100).contains(&plan.title.chars().count()) {
        return Err(Fault::invalid(
            "/body/title",
            "must have 1 to 100 characters",
        ));
    }
    for (metric, limit) in &plan.quotas {
        let pointer = format!("/body/quotas/{metric}");
        if Metric::parse(metric).is_none() {
            let known = Metric::ALL.map(Metric::as_str).join(", ");
            return Err(Fault::invalid(pointer, format!("is none of {known}")));
        }
        if *limit < 0 {
            return Err(Fault::invalid(pointer, "must not be negative"));
        }
    }
    check_rate(plan)?;
    if plan.features.len() > 100 || !plan.features.iter().all(|feature| is_name(feature)) {
        let detail = "must be at most 100 names of 2 to 32 lower-case letters, digits, _ and -";
        return Err(Fault::invalid("/body/features", detail));
    }
    Ok(())
}

fn check_rate(plan: &Plan) -> Result<(), Fault> {
    let rate = plan.requests_per_minute;
    if rate.is_some_and(|rate| !(1..=1_000_000).contains(&rate)) {
        let detail = "must be from 1 to 1000000";
        return Err(Fault::invalid("/body/requests_per_minute", detail));
    }
    match plan.burst {
        Some(burst) if !rate.is_some_and(|rate| (1..=rate).contains(&burst)) => {
            let detail = "must be from 1 to requests_per_minute";
            Err(Fault::invalid("/body/burst", detail))
        }
        _ => Ok(()),
    }
}
