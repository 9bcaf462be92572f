//! The routes.

mod answer;
mod lists;
mod vehicle;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the capsule.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(lists::list_platform_years)
        .service(lists::list_platform_makes)
        .service(lists::list_platform_models)
        .service(lists::list_platform_trims)
        .service(lists::list_platform_engines)
        .service(lists::list_platform_transmissions)
        .service(vehicle::decode_platform_vehicle);
}
