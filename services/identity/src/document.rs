//! The routes, and the OpenAPI document of those that are for programs.

use crate::features::{accounts, oidc, passkeys, second_factor, sessions};
use crate::html::STYLE;
use crate::settings::SCOPE;
use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{self, FormConfig, PayloadConfig};
use problem::{Code, Problem};
use service::server::document as common;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_actix_web::service_config::ServiceConfig;

/// Forms are small.
const BODY_LIMIT_BYTES: usize = 32 * 1024;

/// What every route for admins can answer.
const PROBLEMS: [(&str, &str); 6] = [
    ("401", "The token is missing or not valid"),
    ("403", "The token's owner may not do this"),
    ("404", "There is no such user"),
    ("409", "This cannot be done as things are"),
    (
        "422",
        "Parameters or parts of the body are missing or not acceptable",
    ),
    (
        "503",
        "The database cannot be reached; try again after Retry-After",
    ),
];

/// What the claims' own route can answer.
const USERINFO_PROBLEMS: [(&str, &str); 2] = [
    ("401", "The token is missing or not valid"),
    (
        "503",
        "The database cannot be reached; try again after Retry-After",
    ),
];

#[derive(OpenApi)]
#[openapi(
    info(
        title = "MotoVaultPro identity",
        description = "The built-in OpenID provider. Clients set themselves up by /auth/.well-known/openid-configuration; people see pages. Here are the endpoints for programs.",
        contact(name = "MotoVaultPro", url = "https://github.com/motovaultpro/motovaultpro"),
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(Problem)),
    modifiers(&WithToken),
    tags(
        (name = "oidc", description = "OpenID Connect"),
        (name = "accounts", description = "Users, for support and admins"),
    ),
)]
struct Base;

const SCHEME: &str = "token";

struct WithToken;

impl Modify for WithToken {
    fn modify(&self, document: &mut Document) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
        let bearer = bearer.description(Some("An access token of this provider"));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(SCHEME, SecurityScheme::Http(bearer.build()));
    }
}

/// Every route.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .configure(oidc::routes)
        .configure(accounts::routes)
        .map(|pages| {
            pages
                .app_data(PayloadConfig::new(BODY_LIMIT_BYTES))
                .app_data(
                    FormConfig::default()
                        .limit(BODY_LIMIT_BYTES)
                        .error_handler(|_, _| unacceptable().into()),
                )
                .route("/style.css", web::get().to(style))
                .configure(oidc::install)
                .configure(accounts::install)
                .configure(sessions::install)
                .configure(second_factor::install)
                .configure(passkeys::install)
        });
}

/// A form with fields that its page does not have, or without some that it has.
fn unacceptable() -> Problem {
    Problem::new(Code::InvalidBody).detail("The form is not acceptable.")
}

async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .body(STYLE)
}

/// The document, with the answers common to all routes filled in.
pub(crate) fn document() -> Document {
    let mut made = service::server::openapi(Base::openapi(), |config| {
        config.service(utoipa_actix_web::scope(SCOPE).configure(routes));
    });
    env!("CARGO_PKG_VERSION").clone_into(&mut made.info.version);
    for (path, item) in &mut made.paths.paths {
        let is_for_admins = path.contains("/users");
        let needs_token = is_for_admins || path.ends_with("/userinfo");
        let problems = if is_for_admins {
            PROBLEMS.as_slice()
        } else if needs_token {
            USERINFO_PROBLEMS.as_slice()
        } else {
            &[]
        };
        let capsule = if is_for_admins { "accounts" } else { "oidc" };
        for operation in common::operations(item) {
            common::complete(operation, capsule, problems, needs_token.then_some(SCHEME));
        }
    }
    made
}
