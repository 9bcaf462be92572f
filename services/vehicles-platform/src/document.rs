//! The OpenAPI document: title, key, and the answers that every route can give.

use crate::features::{catalog, vin};
use problem::Problem;
use service::server::document::{self, WithApiKey};
use utoipa::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi as Document, RefOr, ResponseBuilder};

/// Where the routes stand.
pub(crate) const SCOPE: &str = "/vehicles";
const VIN_ROUTES: &str = "/vehicles/vindecode";

/// What every route can answer.
const PROBLEMS: [(&str, &str); 3] = [
    ("401", "The API key is missing or not valid"),
    (
        "422",
        "Parameters or parts of the body are missing or not acceptable; each is named",
    ),
    (
        "503",
        "No data has been loaded, or it cannot be reached; try again after Retry-After",
    ),
];

#[derive(OpenApi)]
#[openapi(
    info(
        title = "MotoVaultPro vehicles platform",
        description = "Year, make, model, trim, engine and transmission of the cars, trucks and motorcycles sold in the United States, from NHTSA's vPIC database (public domain), and VINs decoded as NHTSA decodes them. The lists leave trailers, buses, low-speed and off-road vehicles out; VINs of all of them are decoded. Every answer names its data release in X-Data-Release (the month and the number of the load, as 2026-10-3); answers to GET have a strong ETag.",
        contact(name = "MotoVaultPro", url = "https://github.com/motovaultpro/motovaultpro"),
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(Problem)),
    modifiers(&WithApiKey),
    security(("api_key" = [])),
    tags(
        (name = "catalog", description = "The vehicle catalogue"),
        (name = "vin", description = "VIN decoding"),
    ),
)]
struct Base;

/// The document, with the answers common to all routes filled in.
pub(crate) fn document() -> Document {
    let mut made = service::server::openapi(Base::openapi(), |config| {
        let scope = utoipa_actix_web::scope(SCOPE)
            .configure(catalog::routes)
            .configure(vin::routes);
        config.service(scope);
    });
    env!("CARGO_PKG_VERSION").clone_into(&mut made.info.version);
    for (path, item) in &mut made.paths.paths {
        let capsule = if path.starts_with(VIN_ROUTES) {
            "vin"
        } else {
            "catalog"
        };
        for operation in document::operations(item) {
            document::complete(operation, capsule, &PROBLEMS, Some(document::API_KEY));
        }
        if let Some(operation) = &mut item.get {
            add_not_modified(operation);
        }
    }
    made
}

fn add_not_modified(operation: &mut Operation) {
    let response = ResponseBuilder::new().description("You have it already (If-None-Match)");
    let responses = &mut operation.responses.responses;
    responses.insert("304".to_owned(), RefOr::T(response.build()));
}
