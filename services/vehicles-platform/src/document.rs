//! The OpenAPI document: title, key, and the answers that every route can give.

use crate::features::{catalog, vin};
use problem::Problem;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, OpenApi as Document, Ref, RefOr, ResponseBuilder, SecurityRequirement,
};
use utoipa::{Modify, OpenApi};

/// Where the routes stand.
pub(crate) const SCOPE: &str = "/vehicles";
const VIN_ROUTES: &str = "/vehicles/vindecode";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "MotoVaultPro vehicles platform",
        description = "Year, make, model, trim, engine and transmission of the cars, trucks and motorcycles sold in the United States, from NHTSA's vPIC database (public domain), and VINs decoded as NHTSA decodes them. The lists leave trailers, buses, low-speed and off-road vehicles out; VINs of all of them are decoded. Every answer names its data release in X-Data-Release (the month and the number of the load, as 2026-10-3); answers to GET have a strong ETag.",
        contact(name = "MotoVaultPro", url = "https://github.com/motovaultpro/motovaultpro"),
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(Problem)),
    modifiers(&Key),
    security(("api_key" = [])),
    tags(
        (name = "catalog", description = "The vehicle catalogue"),
        (name = "vin", description = "VIN decoding"),
    ),
)]
struct Base;

struct Key;

impl Modify for Key {
    fn modify(&self, document: &mut Document) {
        let key = ApiKeyValue::with_description("X-API-Key", "A key of this installation");
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("api_key", SecurityScheme::ApiKey(ApiKey::Header(key)));
    }
}

/// The document, with the answers common to all routes filled in.
pub(crate) fn document() -> Document {
    let mut document = service::server::openapi(Base::openapi(), |config| {
        let scope = utoipa_actix_web::scope(SCOPE)
            .configure(catalog::routes)
            .configure(vin::routes);
        config.service(scope);
    });
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    for (path, item) in &mut document.paths.paths {
        let capsule = if path.starts_with(VIN_ROUTES) {
            "vin"
        } else {
            "catalog"
        };
        for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
            complete(operation, capsule);
        }
        if let Some(operation) = &mut item.get {
            add_not_modified(operation);
        }
    }
    document
}

fn add_not_modified(operation: &mut Operation) {
    let response = ResponseBuilder::new().description("You have it already (If-None-Match)");
    let responses = &mut operation.responses.responses;
    responses.insert("304".to_owned(), RefOr::T(response.build()));
}

fn complete(operation: &mut Operation, capsule: &str) {
    operation.tags = Some(vec![capsule.to_owned()]);
    operation.security = Some(vec![SecurityRequirement::new(
        "api_key",
        Vec::<String>::new(),
    )]);
    let responses = &mut operation.responses.responses;
    for (status, description) in [
        ("401", "The API key is missing or not valid"),
        (
            "422",
            "Parameters or parts of the body are missing or not acceptable; each is named",
        ),
        (
            "503",
            "No data has been loaded, or it cannot be reached; try again after Retry-After",
        ),
    ] {
        let schema = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("Problem")))
            .build();
        let response = ResponseBuilder::new()
            .description(description)
            .content("application/problem+json", schema)
            .build();
        responses.insert(status.to_owned(), RefOr::T(response));
    }
}
