//! Pages about accounts, and the API for admins.

mod admin;
mod confirm;
mod email;
mod reset;
mod self_service;
mod sign_up;

use actix_web::web::{self, ServiceConfig};
use utoipa_actix_web::service_config::ServiceConfig as ApiConfig;

/// The pages.
pub(crate) fn install(config: &mut ServiceConfig) {
    config
        .route("/signup", web::get().to(sign_up::show))
        .route("/signup", web::post().to(sign_up::submit))
        .route("/confirm", web::get().to(confirm::show))
        .route("/confirm", web::post().to(confirm::submit))
        .route("/forgot", web::get().to(reset::show_forgot))
        .route("/forgot", web::post().to(reset::submit_forgot))
        .route("/reset", web::get().to(reset::show))
        .route("/reset", web::post().to(reset::submit))
        .route("/account", web::get().to(self_service::show))
        .route("/account/profile", web::post().to(self_service::profile))
        .route("/account/password", web::post().to(self_service::password))
        .route("/account/email", web::post().to(email::submit))
        .route("/account/delete", web::post().to(self_service::delete));
}

/// The API for support and admins.
pub(crate) fn routes(config: &mut ApiConfig<'_>) {
    config
        .service(admin::list_users)
        .service(admin::get_user)
        .service(admin::disable_user)
        .service(admin::enable_user)
        .service(admin::unlock_user)
        .service(admin::set_user_role);
}
