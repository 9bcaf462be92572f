//! The photo of a vehicle over HTTP.

use super::id_of;
use crate::change::Change;
use crate::features::activity::Note;
use crate::features::usage;
use crate::features::vehicles::keeping::{find_living, living};
use crate::features::vehicles::photo::{Photo, Size, Unfit};
use crate::features::vehicles::{photos, vehicles};
use crate::tenancy::{Edits, Member, Views};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, HeaderMap, IF_MATCH,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, delete, get, put};
use fault::Fault;
use pg::Db;
use problem::{Code, Problem};
use serde_json::json;
use service::server::validators::{is_known, names};
use uuid::Uuid;

/// As the table has it.
const LARGEST_BYTES: usize = 8 * 1024 * 1024;

/// The photo.
#[utoipa::path(
    params(("vehicle" = Uuid, Path), crate::tenancy::TenantHeader),
    responses(
        (status = 200, description = "The photo", content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"))),
        (status = 304, description = "You have it already (If-None-Match)"),
    ),
    security(("token" = [])),
)]
#[get("/vehicles/{vehicle}/photo")]
pub(super) async fn get_photo(
    request: HttpRequest,
    member: Member<Views>,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let vehicle = find_living(&db, &member, id_of(&request, "vehicle")?).await?;
    let found = photos::find(&db, &member.context(), vehicle.facts.id).await;
    let photo = found.map_err(Fault::from)?.ok_or_else(Fault::not_found)?;
    let etag = Photo::etag(&photo.digest);
    let mut response = if is_known(request.headers(), &etag) {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((ETAG, etag.as_str()))
        .insert_header((CACHE_CONTROL, "private, max-age=86400"))
        // Bytes of a person's: shown as the picture that they are, and as nothing else.
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CONTENT_DISPOSITION, "inline; filename=\"photo\""))
        .insert_header((CONTENT_TYPE, photo.content_type));
    if is_known(request.headers(), &etag) {
        return Ok(response.finish());
    }
    Ok(response.body(photo.bytes))
}

/// Puts a photo in the place of what was there: JPEG, PNG or WebP, up to 8 MiB, 50 million pixels and 12,000 a side. Its type is told by its bytes; what a camera
/// wrote into it or behind it (place, time, device, previews, films) is not kept. The first one needs no `If-Match`; who replaces one says which.
#[utoipa::path(
    params(
        ("vehicle" = Uuid, Path), crate::tenancy::TenantHeader,
        ("If-Match" = Option<String>, Header, description = "The ETag of the photo that is replaced"),
    ),
    request_body(content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp")), description = "The picture"),
    responses(
        (status = 204, description = "It is kept"),
        (status = 403, description = "Your role does not permit it, or the plan includes no more bytes (quota_exceeded)", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is over 8 MiB", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Another photo is there by now, or none", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Its bytes are no JPEG, PNG or WebP that stands still", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It has too many pixels", body = Problem, content_type = "application/problem+json"),
        (status = 428, description = "There is a photo, and If-Match is missing", body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
#[put("/vehicles/{vehicle}/photo")]
pub(super) async fn put_photo(
    request: HttpRequest,
    member: Member<Edits>,
    db: Data<Db>,
    body: Payload,
) -> Result<HttpResponse, Problem> {
    let vehicle = find_living(&db, &member, id_of(&request, "vehicle")?).await?;
    let id = vehicle.facts.id;
    let bytes = gather(body).await?;
    let photo = Photo::read(&bytes).map_err(refused)?;
    let mut change = Change::begin(&db, &member).await?;
    let room = replaced(&change, request.headers(), id).await?;
    keep(&mut change, &member, id, &photo, room).await?;
    change.commit().await?;
    Ok(HttpResponse::NoContent()
        .insert_header((ETAG, Photo::etag(&photo.digest)))
        .finish())
}

fn refused(unfit: Unfit) -> Problem {
    match unfit {
        Unfit::NoPicture => Problem::new(Code::UnsupportedMediaType)
            .detail("Send a JPEG, a PNG or a WebP that stands still."),
        Unfit::TooManyPixels(Size { width, height }) => {
            let (side, most) = (Size::LONGEST_SIDE, Size::MOST_PIXELS);
            Problem::new(Code::InvalidBody)
                .detail(format!("The picture has {width} by {height} pixels; up to {side} a side and {most} in all are kept."))
                .error("/body", "has too many pixels")
        }
    }
}

/// How many bytes the photo has that the caller means to replace. The vehicle is kept for this change, and with it its photo, also one that is not there yet.
async fn replaced(change: &Change, headers: &HeaderMap, vehicle: Uuid) -> Result<i64, Fault> {
    living(vehicles::lock(change.transaction(), vehicle).await?)?;
    let present = photos::present(change.transaction(), vehicle).await?;
    let sent = headers
        .get(IF_MATCH)
        .map(|it| it.to_str().unwrap_or_default());
    match (present, sent) {
        (None, None) => Ok(0),
        (Some((size, digest)), Some(sent)) if names(sent, &Photo::etag(&digest)) => Ok(size),
        (Some(_), None) => Err(Problem::new(Code::PreconditionRequired)
            .detail("There is a photo; send its ETag in If-Match to replace it.")
            .error("/header/If-Match", "is missing")
            .into()),
        (_, Some(_)) => Err(Problem::new(Code::PreconditionFailed)
            .detail("The photo is another one by now, or gone; look at it and try again.")
            .error("/header/If-Match", "is not the present photo")
            .into()),
    }
}

async fn keep(
    change: &mut Change,
    member: &Member<Edits>,
    vehicle: Uuid,
    photo: &Photo,
    before: i64,
) -> Result<(), Fault> {
    let size = i64::try_from(photo.bytes.len()).unwrap_or(i64::MAX);
    usage::room_for_bytes(change, member, size.saturating_sub(before)).await?;
    photos::put(change.transaction(), change.context(), vehicle, photo).await?;
    usage::changed(change).await?;
    let kept = json!({ "photo": photo.content_type });
    change.note(Note::new("vehicle.photographed", vehicle).between(&(), &kept));
    Ok(())
}

async fn gather(body: Payload) -> Result<Vec<u8>, Problem> {
    let bytes = body.to_bytes_limited(LARGEST_BYTES).await;
    let bytes = bytes
        .map_err(|_| Problem::new(Code::BodyTooLarge).detail("A photo may have 8388608 bytes."))?;
    let bytes = bytes.map_err(|_| Problem::new(Code::BadRequest).detail("The body broke off."))?;
    Ok(bytes.to_vec())
}

/// Removes the photo for good.
#[utoipa::path(
    params(("vehicle" = Uuid, Path), crate::tenancy::TenantHeader),
    responses((status = 204, description = "It is gone")),
    security(("token" = [])),
)]
#[delete("/vehicles/{vehicle}/photo")]
pub(super) async fn delete_photo(
    request: HttpRequest,
    member: Member<Edits>,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let vehicle = find_living(&db, &member, id_of(&request, "vehicle")?).await?;
    let id = vehicle.facts.id;
    let mut change = Change::begin(&db, &member).await?;
    let gone = photos::delete(change.transaction(), id).await;
    if !gone.map_err(Fault::from)? {
        return Err(Fault::not_found().into());
    }
    change.note(Note::new("vehicle.unphotographed", id));
    usage::changed(&change).await.map_err(Fault::from)?;
    change.commit().await?;
    Ok(HttpResponse::NoContent().finish())
}
