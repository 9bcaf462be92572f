//! Odometers and hour meters that took others' places, over HTTP.

use super::id_of;
use crate::change::Change;
use crate::features::idempotency::Once;
use crate::features::vehicles::keeping::find_living;
use crate::features::vehicles::logbook;
use crate::features::vehicles::reading::Replacement;
use crate::features::vehicles::readings::{self, Instrument};
use crate::tenancy::{Edits, Member, Views};
use actix_web::http::header::ETAG;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use contracts::List;
use fault::Fault;
use pg::Db;
use problem::Problem;
use service::server::body::Body;
use service::server::validators::version_tag;

/// The version of what is made and forgotten, and nothing in between.
const NEVER_CHANGED: i64 = 1;

/// The instruments of a vehicle that took others' places, in the order of their time.
#[utoipa::path(
    params(("vehicle" = Uuid, Path), crate::tenancy::TenantHeader),
    responses((status = 200, description = "The instruments", body = List<Instrument>)),
    security(("token" = [])),
)]
#[get("/vehicles/{vehicle}/instruments")]
pub(super) async fn list_instruments(
    request: HttpRequest,
    member: Member<Views>,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let vehicle = find_living(&db, &member, id_of(&request, "vehicle")?).await?;
    let change = Change::begin(&db, &member).await?;
    let found = readings::instruments(change.transaction(), vehicle.facts.id).await;
    let found = found.map_err(Fault::from)?;
    change.commit().await?;
    Ok(HttpResponse::Ok().json(List::complete(found)))
}

/// Says that an odometer or an hour meter was replaced: what is read off from then on counts on from where the old one stood.
#[utoipa::path(
    params(
        ("vehicle" = Uuid, Path), crate::tenancy::TenantHeader,
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible characters; remembered for a day"),
    ),
    request_body = Replacement,
    responses(
        (status = 201, description = "It is noted", body = Instrument),
        (status = 409, description = "One was replaced at this very time already", body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
#[post("/vehicles/{vehicle}/instruments")]
pub(super) async fn replace_instrument(
    request: HttpRequest,
    member: Member<Edits>,
    db: Data<Db>,
    body: Body<Replacement>,
) -> Result<HttpResponse, Problem> {
    let vehicle = find_living(&db, &member, id_of(&request, "vehicle")?).await?;
    let id = vehicle.facts.id;
    let route = format!("POST /api/vehicles/{id}/instruments");
    let replacement = body.read().await?;
    let once = Once::read(request.headers(), &route, &replacement)?;
    let mut change = Change::begin(&db, &member).await?;
    if let Some(answered) = once.replay(&change).await? {
        return Ok(answered);
    }
    let instrument = logbook::replace(&mut change, &vehicle, replacement).await?;
    let location = format!("/api/vehicles/{id}/instruments/{}", instrument.id);
    let answer = once
        .keep(&change, location, version_tag(NEVER_CHANGED), &instrument)
        .await?;
    change.commit().await?;
    Ok(answer)
}

/// One instrument that took another one's place.
#[utoipa::path(
    params(("vehicle" = Uuid, Path), ("instrument" = Uuid, Path), crate::tenancy::TenantHeader),
    responses((status = 200, description = "The instrument", body = Instrument)),
    security(("token" = [])),
)]
#[get("/vehicles/{vehicle}/instruments/{instrument}")]
pub(super) async fn get_instrument(
    request: HttpRequest,
    member: Member<Views>,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let vehicle = find_living(&db, &member, id_of(&request, "vehicle")?).await?;
    let change = Change::begin(&db, &member).await?;
    let id = id_of(&request, "instrument")?;
    let found = logbook::instrument(&change, vehicle.facts.id, id).await?;
    change.commit().await?;
    let etag = version_tag(NEVER_CHANGED);
    Ok(HttpResponse::Ok().insert_header((ETAG, etag)).json(found))
}

/// Forgets a replacement that was none.
#[utoipa::path(
    params(("vehicle" = Uuid, Path), ("instrument" = Uuid, Path), crate::tenancy::TenantHeader),
    responses((status = 204, description = "It is forgotten")),
    security(("token" = [])),
)]
#[delete("/vehicles/{vehicle}/instruments/{instrument}")]
pub(super) async fn forget_instrument(
    request: HttpRequest,
    member: Member<Edits>,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let vehicle = find_living(&db, &member, id_of(&request, "vehicle")?).await?;
    let mut change = Change::begin(&db, &member).await?;
    logbook::forget(&mut change, &vehicle, id_of(&request, "instrument")?).await?;
    change.commit().await?;
    Ok(HttpResponse::NoContent().finish())
}
