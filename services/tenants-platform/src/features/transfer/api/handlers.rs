//! The routes: an archive out, an archive in.

use crate::caller::{Caller, TenantId};
use crate::change::Change;
use crate::features::transfer::domain::archive::{self, ArchiveError};
use crate::features::transfer::moving::{gather, settle};
use ::audit::Note;
use actix_web::web::{self, Bytes, Data, Payload};
use actix_web::{HttpResponse, get, post};
use fault::Fault;
use jiff::Timestamp;
use pg::Db;
use problem::{Code, Problem};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

const LARGEST_BYTES: usize = 64 * 1024 * 1024;
/// An archive is many statements.
const PATIENCE: Duration = Duration::from_secs(10);
const ZIP: &str = "application/zip";

/// Every route of the capsule, without the check of the API key.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(import_tenant).service(export_tenant);
}

/// The tenant that has arrived.
#[derive(Debug, Serialize, ToSchema)]
struct Arrived {
    id: Uuid,
}

/// What the platform keeps of a tenant, as one archive.
#[utoipa::path(params(("tenant" = Uuid, Path)), responses((status = 200, description = "A ZIP archive", body = Vec<u8>, content_type = "application/zip")))]
#[get("/{tenant}/export")]
pub(super) async fn export_tenant(
    tenant: TenantId,
    caller: Caller,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let patient = db.get_ref().clone().with_query_timeout(PATIENCE);
    let (moved, told) = gather(&patient, tenant.0).await?;
    let name = format!("{}.zip", moved.tenant.slug);
    let written = web::block(move || archive::write(&moved, &told, Timestamp::now().to_string()));
    let written = written
        .await
        .map_err(|error| Fault::broken("an export was broken off", error))?;
    let bytes = written.map_err(|error| Fault::broken("an export cannot be written", error))?;
    let mut change = Change::begin(&db, &caller).await?;
    change.note(Note::new("tenant.exported", tenant.0, tenant.0));
    change.commit().await?;
    Ok(HttpResponse::Ok()
        .content_type(ZIP)
        .insert_header((
            "Content-Disposition",
            format!("attachment; filename=\"{name}\""),
        ))
        .body(bytes))
}

/// Makes a tenant of an archive that another installation has exported.
#[utoipa::path(
    request_body(content = Vec<u8>, content_type = "application/zip"),
    responses(
        (status = 201, description = "The tenant has arrived", body = Arrived),
        (status = 413, description = "The archive is too large", body = Problem, content_type = "application/problem+json"),
    ),
)]
#[post("/import")]
pub(super) async fn import_tenant(
    caller: Caller,
    db: Data<Db>,
    body: Payload,
) -> Result<HttpResponse, Problem> {
    let bytes = whole(body).await?;
    let read = web::block(move || archive::read(&bytes)).await;
    let read = read.map_err(|error| Fault::broken("an import was broken off", error))?;
    let moved = read.map_err(|error| unreadable(&error))?;
    let patient = db.get_ref().clone().with_query_timeout(PATIENCE);
    let id = settle(&patient, &caller, &moved).await?;
    Ok(HttpResponse::Created()
        .insert_header(("Location", format!("/tenants/{id}")))
        .json(Arrived { id }))
}

async fn whole(body: Payload) -> Result<Bytes, Problem> {
    let too_large = |_| Problem::new(Code::BodyTooLarge).detail("An archive may have 64 MB.");
    body.to_bytes_limited(LARGEST_BYTES)
        .await
        .map_err(too_large)?
        .map_err(|_| Problem::new(Code::BadRequest).detail("The body could not be read."))
}

fn unreadable(error: &ArchiveError) -> Fault {
    Fault::invalid("/body", service::errors::chain(error))
}
