//! Pages for turning the second factor on and off.

mod setup;

pub(crate) use setup::section;

use actix_web::web::{self, ServiceConfig};

/// The pages.
pub(crate) fn install(config: &mut ServiceConfig) {
    config
        .route("/account/second-factor", web::get().to(setup::show))
        .route("/account/second-factor", web::post().to(setup::confirm))
        .route(
            "/account/second-factor/off",
            web::post().to(setup::turn_off),
        );
}
