//! Adding and changing vehicles.

use super::{answer, id_of};
use crate::change::Change;
use crate::features::idempotency::Once;
use crate::features::platform_data::PlatformData;
use crate::features::vehicles::keeping::{self, find_living};
use crate::features::vehicles::profile::Profile;
use crate::features::vehicles::vehicle::Vehicle;
use crate::tenancy::{Edits, Member};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, patch, post};
use pg::Db;
use problem::Problem;
use service::server::body::Body;
use service::server::patch::Patch;
use service::server::validators::{expect_version, version_tag};

type ProfilePatch = Patch<Profile>;

/// Adds a vehicle: by its VIN, as it was chosen from the drop-downs, or by hand. What the VIN says fills in what was left out; while vehicle data cannot be
/// had, the vehicle is kept with `decoding.status` `pending` and completed later.
#[utoipa::path(
    params(crate::tenancy::TenantHeader, ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible characters; remembered for a day")),
    request_body = Profile,
    responses(
        (status = 201, description = "It was added", body = Vehicle),
        (status = 403, description = "Your role does not permit it, or the plan includes no more vehicles (quota_exceeded)", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another vehicle of the tenant has this VIN", body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
#[post("/vehicles")]
pub(super) async fn add_vehicle(
    request: HttpRequest,
    member: Member<Edits>,
    db: Data<Db>,
    platform: Data<PlatformData>,
    body: Body<Profile>,
) -> Result<HttpResponse, Problem> {
    let profile = body.read().await?;
    let once = Once::read(request.headers(), "POST /api/vehicles", &profile)?;
    let said = profile.clone();
    let draft = keeping::prepare(&platform, &member, profile, said, None).await?;
    let mut change = Change::begin(&db, &member).await?;
    if let Some(answered) = once.replay(&change).await? {
        return Ok(answered);
    }
    let vehicle = keeping::add(&mut change, &member, &draft).await?;
    let location = format!("/api/vehicles/{}", vehicle.facts.id);
    let etag = version_tag(vehicle.facts.version);
    let answer = once.keep(&change, location, etag, &vehicle).await?;
    change.commit().await?;
    Ok(answer)
}

/// Changes what is sent and leaves the rest (RFC 7396): null empties a member. `If-Match` says which version was read. Another VIN is decoded, and what the one
/// before had filled in goes, unless it is sent along.
#[utoipa::path(
    params(("vehicle" = Uuid, Path), crate::tenancy::TenantHeader, ("If-Match" = String, Header, description = "The ETag that was read")),
    request_body = ProfilePatch,
    responses(
        (status = 200, description = "The vehicle", body = Vehicle),
        (status = 409, description = "Another vehicle of the tenant has this VIN", body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
#[patch("/vehicles/{vehicle}")]
pub(super) async fn change_vehicle(
    request: HttpRequest,
    member: Member<Edits>,
    db: Data<Db>,
    platform: Data<PlatformData>,
    body: Body<ProfilePatch>,
) -> Result<HttpResponse, Problem> {
    let id = id_of(&request, "vehicle")?;
    let before = find_living(&db, &member, id).await?;
    expect_version(request.headers(), before.facts.version)?;
    let patch = body.read().await?;
    // What the patch names is said, also where the VIN says the same.
    let said = patch
        .clone()
        .apply(&before.filled_in.taken_out_of(&before.profile))?;
    let profile = patch.apply(&before.profile)?;
    let draft = keeping::prepare(&platform, &member, profile, said, Some(&before)).await?;
    if draft.profile == before.profile && draft.filled_in == before.filled_in {
        return Ok(answer(&before));
    }
    let mut change = Change::begin(&db, &member).await?;
    let after = keeping::change(&mut change, &before, &draft, "vehicle.changed").await?;
    change.commit().await?;
    Ok(answer(&after))
}

/// Asks anew what the VIN says: after it was said to be none, or when vehicle data knows more. What it says takes the place of what it filled in before, and what
/// people said stays. While vehicle data cannot be had, `decoding.status` is `pending`, and it is completed later.
#[utoipa::path(
    params(("vehicle" = Uuid, Path), crate::tenancy::TenantHeader, ("If-Match" = String, Header, description = "The ETag that was read")),
    responses(
        (status = 200, description = "The vehicle", body = Vehicle),
        (status = 409, description = "The vehicle has no VIN", body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
#[post("/vehicles/{vehicle}/decode")]
pub(super) async fn decode_vehicle(
    request: HttpRequest,
    member: Member<Edits>,
    db: Data<Db>,
    platform: Data<PlatformData>,
) -> Result<HttpResponse, Problem> {
    let before = find_living(&db, &member, id_of(&request, "vehicle")?).await?;
    expect_version(request.headers(), before.facts.version)?;
    let draft = keeping::prepare_again(&platform, &member, &before).await?;
    let mut change = Change::begin(&db, &member).await?;
    let after = keeping::change(&mut change, &before, &draft, "vehicle.decoded").await?;
    change.commit().await?;
    Ok(answer(&after))
}
