//! Configuration over HTTP.

mod change;
mod history;
mod keys;
mod read;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the capsule, without the check of the API key.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(keys::list_keys)
        .service(keys::put_key)
        .service(keys::put_plan_value)
        .service(keys::delete_plan_value)
        .service(read::get_configuration)
        .service(read::get_secret)
        .service(change::patch_configuration)
        .service(change::put_configuration)
        .service(history::list_history)
        .service(history::get_differences)
        .service(history::roll_back);
}
