//! API keys over HTTP.

mod keys;
mod usage;
mod verify;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the capsule, without the check of the API key.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(verify::verify_key)
        .service(usage::count_requests)
        .service(keys::create_key)
        .service(keys::list_keys)
        .service(keys::get_key)
        .service(keys::change_key)
        .service(keys::revoke_key)
        .service(keys::rotate_key)
        .service(usage::get_key_usage);
}
