//! The OpenAPI document: title, key, and the answers that every route can give.

use crate::features;
use problem::Problem;
use service::server::document::{self, WithApiKey};
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa_actix_web::service_config::ServiceConfig;

/// Where the routes stand.
pub(crate) const SCOPE: &str = "/tenants";

/// What every route can answer.
const PROBLEMS: [(&str, &str); 6] = [
    ("400", "The body or a header cannot be read"),
    ("401", "The API key is missing or not valid"),
    ("404", "There is no such thing"),
    ("409", "This cannot be done as things are"),
    (
        "422",
        "Parameters or parts of the body are missing or not acceptable; each is named",
    ),
    (
        "503",
        "The database cannot be reached; try again after Retry-After",
    ),
];

#[derive(OpenApi)]
#[openapi(
    info(
        title = "MotoVaultPro tenants platform",
        description = "Tenants, their members, configuration, API keys and plans; an audit of every change, and events for whoever follows them. X-Actor names the person that the caller acts for.",
        contact(name = "MotoVaultPro", url = "https://github.com/motovaultpro/motovaultpro"),
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(Problem)),
    modifiers(&WithApiKey),
    security(("api_key" = [])),
    tags(
        (name = "tenants", description = "Tenants, plans and usage"),
        (name = "validation", description = "Whether a tenant may be served now"),
        (name = "memberships", description = "Who belongs to a tenant"),
        (name = "configuration", description = "How a tenant is set up"),
        (name = "api_keys", description = "Programs that act for a tenant"),
        (name = "audit", description = "Who did what"),
        (name = "webhooks", description = "Events"),
        (name = "transfer", description = "A tenant as an archive"),
    ),
)]
struct Base;

/// Every route, without the check of the API key. What has a fixed name stands before `/{tenant}`.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .configure(features::audit::routes)
        .configure(features::webhooks::routes)
        .configure(features::api_keys::routes)
        .configure(features::configuration::routes)
        .configure(features::memberships::routes)
        .configure(features::transfer::routes)
        .configure(features::validation::routes)
        .configure(features::tenants::routes);
}

/// The document, with the answers common to all routes filled in.
pub(crate) fn document() -> Document {
    let mut made = service::server::openapi(Base::openapi(), |config| {
        config.service(utoipa_actix_web::scope(SCOPE).configure(routes));
    });
    env!("CARGO_PKG_VERSION").clone_into(&mut made.info.version);
    for (path, item) in &mut made.paths.paths {
        let capsule = capsule_of(path);
        for operation in document::operations(item) {
            document::complete(operation, capsule, &PROBLEMS, Some(document::API_KEY));
        }
    }
    made
}

fn capsule_of(path: &str) -> &'static str {
    const WORDS: [(&str, &str); 11] = [
        ("/audit", "audit"),
        ("/events", "webhooks"),
        ("/webhooks", "webhooks"),
        ("/api-keys", "api_keys"),
        ("/configuration", "configuration"),
        ("/members", "memberships"),
        ("/memberships", "memberships"),
        ("/invitations", "memberships"),
        ("/validate", "validation"),
        ("/export", "transfer"),
        ("/import", "transfer"),
    ];
    WORDS
        .iter()
        .find(|(word, _)| path.contains(word))
        .map_or("tenants", |(_, capsule)| capsule)
}
