//! The endpoints of OpenID Connect.

mod authorize;
mod bearer;
mod cross_origin;
mod discovery;
mod logout;
mod oauth_error;
mod revoke;
mod token;
mod userinfo;

pub(crate) use bearer::caller;

use actix_web::web::{self, ServiceConfig};
use utoipa_actix_web::service_config::ServiceConfig as ApiConfig;

/// The pages and what browsers ask beforehand.
pub(crate) fn install(config: &mut ServiceConfig) {
    config
        .route("/authorize", web::get().to(authorize::by_get))
        .route("/authorize", web::post().to(authorize::by_post))
        .route("/authorize/continue", web::get().to(authorize::go_on))
        .route("/logout", web::get().to(logout::by_get))
        .route("/logout", web::post().to(logout::by_post))
        .route("/logout/confirm", web::post().to(logout::confirm));
    for path in ["/token", "/revoke", "/userinfo", "/jwks", discovery::PATH] {
        let preflight = web::method(actix_web::http::Method::OPTIONS);
        config.route(path, preflight.to(cross_origin::preflight));
    }
}

/// The endpoints for programs.
pub(crate) fn routes(config: &mut ApiConfig<'_>) {
    config
        .service(discovery::discovery)
        .service(discovery::jwks)
        .service(token::post_token)
        .service(userinfo::get_userinfo)
        .service(userinfo::post_userinfo)
        .service(revoke::revoke);
}
