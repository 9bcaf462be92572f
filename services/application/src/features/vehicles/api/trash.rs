//! The trash: vehicles that were deleted, for 30 days.

use super::{answer, id_of};
use crate::change::Change;
use crate::features::vehicles::keeping;
use crate::features::vehicles::vehicle::Vehicle;
use crate::features::vehicles::vehicles;
use crate::tenancy::{Edits, Member};
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use contracts::List;
use fault::Fault;
use pg::Db;
use problem::Problem;
use service::server::page::PageQuery;

/// What was deleted in the last 30 days.
#[utoipa::path(
    params(crate::tenancy::TenantHeader),
    responses((status = 200, description = "The vehicles in the trash", body = List<Vehicle>)),
    security(("token" = [])),
)]
#[get("/vehicles/trash")]
pub(super) async fn list_vehicle_trash(
    member: Member<Edits>,
    db: Data<Db>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let page = query.page()?;
    let found = vehicles::list_trash(&db, &member.context(), page.after()?, page.rows()).await;
    let list = page.list(found.map_err(Fault::from)?, |vehicle| {
        vehicle.facts.id.to_string()
    });
    Ok(HttpResponse::Ok().json(list))
}

/// Moves a vehicle to the trash, with everything that belongs to it. For 30 days it can be restored.
#[utoipa::path(
    params(("vehicle" = Uuid, Path), crate::tenancy::TenantHeader),
    responses((status = 204, description = "It is in the trash")),
    security(("token" = [])),
)]
#[delete("/vehicles/{vehicle}")]
pub(super) async fn delete_vehicle(
    request: HttpRequest,
    member: Member<Edits>,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let id = id_of(&request, "vehicle")?;
    let mut change = Change::begin(&db, &member).await?;
    keeping::throw_away(&mut change, id).await?;
    change.commit().await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes a vehicle out of the trash.
#[utoipa::path(
    params(("vehicle" = Uuid, Path), crate::tenancy::TenantHeader),
    responses(
        (status = 200, description = "The vehicle", body = Vehicle),
        (status = 403, description = "Your role does not permit it, or the plan includes no more vehicles (quota_exceeded)", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another vehicle of the tenant has its VIN by now", body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
#[post("/vehicles/{vehicle}/restore")]
pub(super) async fn restore_vehicle(
    request: HttpRequest,
    member: Member<Edits>,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let id = id_of(&request, "vehicle")?;
    let mut change = Change::begin(&db, &member).await?;
    let vehicle = keeping::bring_back(&mut change, &member, id).await?;
    change.commit().await?;
    Ok(answer(&vehicle))
}
