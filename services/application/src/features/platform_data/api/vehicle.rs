//! VINs decoded, for people who are signed in.

use super::answer::{Keeping, respond};
use crate::asked::Asked;
use crate::features::platform_data::PlatformData;
use crate::features::platform_data::domain::answer::Single;
use crate::features::platform_data::domain::question::VinQuestion;
use crate::features::platform_data::domain::vehicle::VehicleOfVin;
use access::SignedIn;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use problem::{Code, Problem};

/// What a VIN says of its vehicle. A VIN that is wrong is decoded as far as it goes, and `errors` says what is wrong with it.
#[utoipa::path(
    params(
        ("vin" = String, Query, description = "The VIN, whole or from its beginning; * for a character that is not known", example = "1HGCM82633A004352"),
        ("model_year" = Option<i32>, Query, description = "The model year, where it is known", example = 2003),
    ),
    responses(
        (status = 200, description = "What is known; from NHTSA without ids of engine and transmission", body = Single<VehicleOfVin>),
        (status = 401, description = "The token is missing or not valid", body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
#[get("/platform/vehicle")]
pub(super) async fn decode_platform_vehicle(
    _: SignedIn,
    request: HttpRequest,
    data: Data<PlatformData>,
    asked: Asked,
) -> Result<HttpResponse, Problem> {
    let question = VinQuestion::read(request.query_string())?;
    let found = data
        .vehicle(&question, &asked.within(data.patience()))
        .await?;
    let bytes = serde_json::to_vec(&found.data).map_err(|_| Problem::new(Code::Internal))?;
    let body = Single {
        data: found.data,
        meta: found.meta.clone(),
    };
    respond(
        &request,
        &body,
        &bytes,
        &found.meta,
        found.age,
        Keeping::Private,
    )
}
