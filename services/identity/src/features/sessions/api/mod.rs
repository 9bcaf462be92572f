//! Pages for signing in and out.

mod list;
mod sign_in;
mod steps;

pub(crate) use list::{device, list_section};
pub(crate) use sign_in::refuse;

use actix_web::web::{self, ServiceConfig};

/// The pages.
pub(crate) fn install(config: &mut ServiceConfig) {
    config
        .route("/signin", web::get().to(sign_in::show))
        .route("/signin", web::post().to(sign_in::submit))
        .route("/signin/code", web::get().to(steps::show_code))
        .route("/signin/code", web::post().to(steps::submit_code))
        .route("/signin/password", web::get().to(steps::show_password))
        .route("/signin/password", web::post().to(steps::submit_password))
        .route("/signout", web::post().to(list::sign_out))
        .route("/account/sessions/revoke", web::post().to(list::revoke));
}
