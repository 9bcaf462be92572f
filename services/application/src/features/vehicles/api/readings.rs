//! The log of an odometer over HTTP.

use super::id_of;
use crate::change::Change;
use crate::features::idempotency::Once;
use crate::features::vehicles::keeping::find_living;
use crate::features::vehicles::reading::{EARLIEST, Reading, ReadingToAdd};
use crate::features::vehicles::readings::Part;
use crate::features::vehicles::{logbook, readings};
use crate::tenancy::{Adds, Edits, Member, Views};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse, delete, get, post, put};
use contracts::List;
use fault::Fault;
use jiff::Timestamp;
use pg::Db;
use problem::Problem;
use service::server::body::Body;
use service::server::page::{Page, PageQuery};
use service::server::validators::{expect_version, version_tag};
use uuid::Uuid;

/// What the odometer and the hour meter of a vehicle showed, the latest first.
#[utoipa::path(
    params(("vehicle" = Uuid, Path), crate::tenancy::TenantHeader),
    responses((status = 200, description = "The readings", body = List<Reading>)),
    security(("token" = [])),
)]
#[get("/vehicles/{vehicle}/readings")]
pub(super) async fn list_readings(
    request: HttpRequest,
    member: Member<Views>,
    db: Data<Db>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    listed(&request, &member, &db, &query, false).await
}

/// The readings that were taken out in the last 30 days.
#[utoipa::path(
    params(("vehicle" = Uuid, Path), crate::tenancy::TenantHeader),
    responses((status = 200, description = "The readings that can be put back", body = List<Reading>)),
    security(("token" = [])),
)]
#[get("/vehicles/{vehicle}/readings/trash")]
pub(super) async fn list_reading_trash(
    request: HttpRequest,
    member: Member<Edits>,
    db: Data<Db>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    listed(&request, &member, &db, &query, true).await
}

async fn listed<R>(
    request: &HttpRequest,
    member: &Member<R>,
    db: &Db,
    query: &PageQuery,
    is_out: bool,
) -> Result<HttpResponse, Problem> {
    let page = query.page()?;
    let vehicle = find_living(db, member, id_of(request, "vehicle")?).await?;
    let (id, unit) = (vehicle.facts.id, vehicle.profile.distance_unit);
    let part = Part {
        is_out,
        before: place(&page)?,
        rows: page.rows(),
    };
    let found = readings::list(db, &member.context(), id, unit, &part).await;
    let list = page.list(found.map_err(Fault::from)?, |reading| {
        format!("{} {}", reading.at, reading.id)
    });
    Ok(HttpResponse::Ok().json(list))
}

/// A cursor of this list: the time and the id of a reading.
fn place(page: &Page) -> Result<Option<(Timestamp, Uuid)>, Fault> {
    let Some(text) = page.after.as_deref() else {
        return Ok(None);
    };
    let place = text
        .split_once(' ')
        .and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?)))
        .filter(|(at, _)| *at >= EARLIEST);
    let wrong = || Fault::invalid("/query/cursor", "must be a next_cursor of this list");
    place.map(Some).ok_or_else(wrong)
}

/// Adds a reading. One that contradicts others is kept, and flagged `out_of_order`.
#[utoipa::path(
    params(
        ("vehicle" = Uuid, Path), crate::tenancy::TenantHeader,
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible characters; remembered for a day"),
    ),
    request_body = ReadingToAdd,
    responses((status = 201, description = "It was added", body = Reading)),
    security(("token" = [])),
)]
#[post("/vehicles/{vehicle}/readings")]
pub(super) async fn add_reading(
    request: HttpRequest,
    member: Member<Adds>,
    db: Data<Db>,
    body: Body<ReadingToAdd>,
) -> Result<HttpResponse, Problem> {
    let vehicle = find_living(&db, &member, id_of(&request, "vehicle")?).await?;
    let id = vehicle.facts.id;
    let route = format!("POST /api/vehicles/{id}/readings");
    let new = body.read().await?;
    let once = Once::read(request.headers(), &route, &new)?;
    let mut change = Change::begin(&db, &member).await?;
    if let Some(answered) = once.replay(&change).await? {
        return Ok(answered);
    }
    let reading = logbook::add(&mut change, &vehicle, &new).await?;
    let location = format!("/api/vehicles/{id}/readings/{}", reading.id);
    let etag = version_tag(reading.version);
    let answer = once.keep(&change, location, etag, &reading).await?;
    change.commit().await?;
    Ok(answer)
}

/// One reading.
#[utoipa::path(
    params(("vehicle" = Uuid, Path), ("reading" = Uuid, Path), crate::tenancy::TenantHeader),
    responses((status = 200, description = "The reading", body = Reading)),
    security(("token" = [])),
)]
#[get("/vehicles/{vehicle}/readings/{reading}")]
pub(super) async fn get_reading(
    request: HttpRequest,
    member: Member<Views>,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let vehicle = find_living(&db, &member, id_of(&request, "vehicle")?).await?;
    let change = Change::begin(&db, &member).await?;
    let reading = logbook::find(&change, &vehicle, id_of(&request, "reading")?).await?;
    change.commit().await?;
    Ok(answer(&reading))
}

/// Corrects a reading that was typed in: what is sent takes the place of what was there. `If-Match` says which version was read.
#[utoipa::path(
    params(
        ("vehicle" = Uuid, Path), ("reading" = Uuid, Path), crate::tenancy::TenantHeader,
        ("If-Match" = String, Header, description = "The ETag that was read"),
    ),
    request_body = ReadingToAdd,
    responses(
        (status = 200, description = "The reading", body = Reading),
        (status = 409, description = "It follows from a purchase, a sale or a fill-up", body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
#[put("/vehicles/{vehicle}/readings/{reading}")]
pub(super) async fn change_reading(
    request: HttpRequest,
    member: Member<Edits>,
    db: Data<Db>,
    body: Body<ReadingToAdd>,
) -> Result<HttpResponse, Problem> {
    let vehicle = find_living(&db, &member, id_of(&request, "vehicle")?).await?;
    let new = body.read().await?;
    let mut change = Change::begin(&db, &member).await?;
    let before = logbook::locked(&change, &vehicle, id_of(&request, "reading")?).await?;
    expect_version(request.headers(), before.version)?;
    let after = logbook::correct(&mut change, &vehicle, &before, &new).await?;
    change.commit().await?;
    Ok(answer(&after))
}

/// Takes out a reading that was typed in. For 30 days it can be restored.
#[utoipa::path(
    params(("vehicle" = Uuid, Path), ("reading" = Uuid, Path), crate::tenancy::TenantHeader),
    responses(
        (status = 204, description = "It is out"),
        (status = 409, description = "It follows from a purchase, a sale or a fill-up", body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
#[delete("/vehicles/{vehicle}/readings/{reading}")]
pub(super) async fn delete_reading(
    request: HttpRequest,
    member: Member<Edits>,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let vehicle = find_living(&db, &member, id_of(&request, "vehicle")?).await?;
    let mut change = Change::begin(&db, &member).await?;
    logbook::set_deleted(&mut change, &vehicle, id_of(&request, "reading")?, true).await?;
    change.commit().await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Puts back a reading that was taken out in the last 30 days.
#[utoipa::path(
    params(("vehicle" = Uuid, Path), ("reading" = Uuid, Path), crate::tenancy::TenantHeader),
    responses((status = 200, description = "The reading", body = Reading)),
    security(("token" = [])),
)]
#[post("/vehicles/{vehicle}/readings/{reading}/restore")]
pub(super) async fn restore_reading(
    request: HttpRequest,
    member: Member<Edits>,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let vehicle = find_living(&db, &member, id_of(&request, "vehicle")?).await?;
    let reading = id_of(&request, "reading")?;
    let mut change = Change::begin(&db, &member).await?;
    logbook::set_deleted(&mut change, &vehicle, reading, false).await?;
    let reading = logbook::find(&change, &vehicle, reading).await?;
    change.commit().await?;
    Ok(answer(&reading))
}

fn answer(reading: &Reading) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((ETAG, version_tag(reading.version)))
        .json(reading)
}
