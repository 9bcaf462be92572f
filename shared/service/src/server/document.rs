//! What the API documents of the services have in common: the key, and the answers that every route can give.

use utoipa::Modify;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder, SecurityRequirement};

/// The name of the key among the schemes.
pub const API_KEY: &str = "api_key";

/// What every route that reads JSON can answer.
const BODY_PROBLEMS: &[(&str, &str)] = &[
    ("400", "The body is no JSON"),
    ("413", "The body is too large"),
    ("415", "The body is not sent as application/json"),
];

/// What every route that wants to be told the version which was read can answer.
const VERSION_PROBLEMS: &[(&str, &str)] = &[
    ("412", "It has changed since"),
    ("428", "If-Match is missing"),
];

/// Adds the `X-API-Key` header to the components of a document.
pub struct WithApiKey;

impl Modify for WithApiKey {
    fn modify(&self, document: &mut OpenApi) {
        let key = ApiKeyValue::with_description("X-API-Key", "A key of this installation");
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(API_KEY, SecurityScheme::ApiKey(ApiKey::Header(key)));
    }
}

/// Every operation of a path.
pub fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.post,
        &mut item.put,
        &mut item.patch,
        &mut item.delete,
    ]
    .into_iter()
    .flatten()
}

/// Adds the `Authorization: Bearer` header to the components of a document.
pub struct WithToken;

impl Modify for WithToken {
    fn modify(&self, document: &mut OpenApi) {
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("A token of the issuer that this installation trusts"))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(token));
    }
}

/// Names the capsule of an operation and adds what it takes to call it and the problems that it can answer, unless it names
/// them itself.
pub fn complete(
    operation: &mut Operation,
    capsule: &str,
    problems: &[(&str, &str)],
    needed: Option<&str>,
) {
    let needs = |name| SecurityRequirement::new(name, Vec::<String>::new());
    operation.security = needed.map(|name| vec![needs(name)]);
    describe(operation, capsule, problems);
}

/// The same for an operation that says itself who may ask.
pub fn describe(operation: &mut Operation, capsule: &str, problems: &[(&str, &str)]) {
    operation.tags = Some(vec![capsule.to_owned()]);
    let reads_json = matches!(
        &operation.request_body,
        Some(RefOr::T(body)) if body.content.contains_key("application/json")
    );
    let mut parameters = operation.parameters.iter().flatten();
    let reads_version =
        parameters.any(|it| matches!(it, RefOr::T(parameter) if parameter.name == "If-Match"));
    let of_bodies = if reads_json { BODY_PROBLEMS } else { &[] };
    let of_versions = if reads_version { VERSION_PROBLEMS } else { &[] };
    for (status, description) in problems.iter().chain(of_bodies).chain(of_versions) {
        let schema = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("Problem")))
            .build();
        let response = ResponseBuilder::new()
            .description(*description)
            .content("application/problem+json", schema)
            .build();
        let responses = &mut operation.responses.responses;
        responses
            .entry((*status).to_owned())
            .or_insert(RefOr::T(response));
    }
}
