//! Events and webhooks over HTTP.

mod deliveries;
mod endpoints;
mod events;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the capsule, without the check of the API key.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(events::list_events)
        .service(endpoints::create_webhook)
        .service(endpoints::list_webhooks)
        .service(endpoints::get_webhook)
        .service(endpoints::change_webhook)
        .service(endpoints::delete_webhook)
        .service(endpoints::rotate_secret)
        .service(deliveries::list_deliveries)
        .service(deliveries::replay_delivery);
}
