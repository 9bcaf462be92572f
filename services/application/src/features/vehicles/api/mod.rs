//! Vehicles over HTTP.

mod change;
mod instruments;
mod photo;
mod read;
mod readings;
mod trash;

use actix_web::http::header::ETAG;
use actix_web::{HttpRequest, HttpResponse};
use fault::Fault;
use service::server::validators::version_tag;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::vehicle::Vehicle;

/// Every route of the capsule.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(read::list_vehicles)
        .service(change::add_vehicle)
        .service(trash::list_vehicle_trash)
        .service(read::get_vehicle)
        .service(change::change_vehicle)
        .service(change::decode_vehicle)
        .service(trash::delete_vehicle)
        .service(trash::restore_vehicle)
        .service(read::list_vehicle_activity)
        .service(photo::get_photo)
        .service(photo::put_photo)
        .service(photo::delete_photo)
        .service(readings::list_readings)
        .service(readings::add_reading)
        .service(readings::list_reading_trash)
        .service(readings::get_reading)
        .service(readings::change_reading)
        .service(readings::delete_reading)
        .service(readings::restore_reading)
        .service(instruments::list_instruments)
        .service(instruments::replace_instrument)
        .service(instruments::get_instrument)
        .service(instruments::forget_instrument);
}

/// A UUID of the path. What is no id belongs to nothing: 404, as for an unknown one.
fn id_of(request: &HttpRequest, name: &str) -> Result<Uuid, Fault> {
    let text = request.match_info().get(name).unwrap_or_default();
    text.parse().map_err(|_| Fault::not_found())
}

/// A vehicle with its version.
fn answer(vehicle: &Vehicle) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((ETAG, version_tag(vehicle.facts.version)))
        .json(vehicle)
}
