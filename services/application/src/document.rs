//! The OpenAPI document: title, token, and the answers that every route can give.

use crate::features;
use crate::health_route::get_health;
use crate::tenancy::get_me;
use problem::Problem;
use service::server::document::{self, WithToken};
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa_actix_web::service_config::ServiceConfig;

/// Where the routes stand.
pub(crate) const SCOPE: &str = "/api";

/// What every route about a tenant's data can answer.
const OF_TENANTS: [(&str, &str); 6] = [
    ("400", "The request, or X-Tenant-Id in it, cannot be read"),
    ("401", "The token is missing or not valid"),
    (
        "403",
        "Your role does not permit it, or the tenant is not in use",
    ),
    (
        "404",
        "There is no such thing in the tenant, or no such tenant of yours",
    ),
    (
        "422",
        "A parameter or the body is not acceptable; each fault is named",
    ),
    (
        "503",
        "The database or the tenants platform does not answer; try again after Retry-After",
    ),
];

/// What a route about the person who asks can answer.
const OF_PEOPLE: [(&str, &str); 2] = [
    ("401", "The token is missing or not valid"),
    (
        "503",
        "The tenants platform does not answer; try again after Retry-After",
    ),
];

/// What every route of the platform's data can answer.
const OF_PLATFORM: [(&str, &str); 2] = [
    (
        "422",
        "Parameters are missing or not acceptable; each is named",
    ),
    (
        "503",
        "The platform does not answer and nothing is kept; try again after Retry-After",
    ),
];

#[derive(OpenApi)]
#[openapi(
    info(
        title = "MotoVaultPro application",
        description = "What the app on the screen talks to. X-Data-Source and meta say where an answer about vehicles came from, and how old it is.",
        contact(name = "MotoVaultPro", url = "https://github.com/motovaultpro/motovaultpro"),
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(Problem)),
    modifiers(&WithToken),
    tags(
        (name = "me", description = "Who is signed in, and the tenants of that person"),
        (name = "platform_data", description = "Vehicles as the platform knows them: the drop-downs, and VINs decoded"),
        (name = "vehicles", description = "People's vehicles, the logs of their odometers, their photos"),
        (name = "activity", description = "Who changed what"),
        (name = "health", description = "How the application is"),
    ),
)]
struct Base;

/// Every route.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(get_health)
        .service(get_me)
        .configure(features::routes);
}

/// The document, with the answers common to all routes filled in.
pub(crate) fn document() -> Document {
    let mut made = service::server::openapi(Base::openapi(), |config| {
        config.service(utoipa_actix_web::scope(SCOPE).configure(routes));
    });
    env!("CARGO_PKG_VERSION").clone_into(&mut made.info.version);
    for (path, item) in &mut made.paths.paths {
        let capsule = path.split('/').nth(2).unwrap_or_default().to_owned();
        for operation in document::operations(item) {
            match capsule.as_str() {
                "health" => {}
                "me" => document::describe(operation, "me", &OF_PEOPLE),
                "platform" => document::describe(operation, "platform_data", &OF_PLATFORM),
                capsule => document::describe(operation, capsule, &OF_TENANTS),
            }
        }
    }
    made
}
