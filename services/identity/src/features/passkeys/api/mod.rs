//! Pages for signing in with a passkey and for looking after them, and the script that they need.

mod add;
mod manage;
mod script;
mod sign_in;

pub(crate) use manage::section;
pub(crate) use sign_in::form as sign_in_form;

use actix_web::web::{self, ServiceConfig};

/// The pages.
pub(crate) fn install(config: &mut ServiceConfig) {
    config
        .route("/passkeys.js", web::get().to(script::show))
        .route("/signin/passkey/question", web::post().to(sign_in::ask))
        .route("/signin/passkey", web::post().to(sign_in::submit))
        .route("/account/passkeys", web::get().to(manage::show))
        .route("/account/passkeys/question", web::post().to(add::ask))
        .route("/account/passkeys", web::post().to(add::submit))
        .route("/account/passkeys/rename", web::post().to(manage::rename))
        .route("/account/passkeys/remove", web::post().to(manage::remove));
}
