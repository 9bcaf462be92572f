//! What actix-web would answer in plain text, as problems: unreadable path, query and body, 404 and 405.

use super::standard_routes::State;
use actix_web::error::{JsonPayloadError, PathError, QueryPayloadError};
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use problem::{Code, Problem};

/// JSON bodies are small here; routes that take more say so.
const JSON_LIMIT_BYTES: usize = 256 * 1024;

pub(super) fn install(app: &mut web::ServiceConfig) {
    app.app_data(
        web::JsonConfig::default()
            .limit(JSON_LIMIT_BYTES)
            .error_handler(|error, _| json_problem(&error).into()),
    )
    .app_data(web::QueryConfig::default().error_handler(|error, _| query_problem(&error).into()))
    .app_data(web::PathConfig::default().error_handler(|error, _| path_problem(&error).into()))
    .app_data(web::FormConfig::default().error_handler(|_, _| {
        Problem::new(Code::BadRequest)
            .detail("The form is not readable.")
            .into()
    }));
}

/// The answer where no route matched: 405 when the path has a route for other methods, else 404.
pub(super) async fn not_found(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let Some(pattern) = request.resource_map().match_pattern(request.path()) else {
        return Err(Problem::new(Code::NotFound).detail("No such route."));
    };
    let allowed = allowed_methods(&request, &pattern);
    let problem = Problem::new(Code::MethodNotAllowed).detail(format!("Allowed here: {allowed}."));
    let mut response = HttpResponse::from_error(problem);
    if let Ok(value) = HeaderValue::from_str(&allowed) {
        response.headers_mut().insert(ALLOW, value);
    }
    Ok(response)
}

/// The methods of a path by the API document; the standard routes, which are not in it, have GET.
fn allowed_methods(request: &HttpRequest, pattern: &str) -> String {
    let item = request
        .app_data::<web::Data<State>>()
        .and_then(|state| state.openapi.paths.paths.get(pattern));
    let Some(item) = item else {
        return "GET, HEAD".to_owned();
    };
    let methods = [
        ("GET, HEAD", item.get.is_some()),
        ("POST", item.post.is_some()),
        ("PUT", item.put.is_some()),
        ("PATCH", item.patch.is_some()),
        ("DELETE", item.delete.is_some()),
    ];
    let present: Vec<_> = methods
        .iter()
        .filter(|(_, has)| *has)
        .map(|(name, _)| *name)
        .collect();
    present.join(", ")
}

fn json_problem(error: &JsonPayloadError) -> Problem {
    match error {
        JsonPayloadError::OverflowKnownLength { limit, .. }
        | JsonPayloadError::Overflow { limit } => {
            Problem::new(Code::BodyTooLarge).detail(format!("The body may have {limit} bytes."))
        }
        JsonPayloadError::ContentType => {
            Problem::new(Code::UnsupportedMediaType).detail("Send application/json.")
        }
        JsonPayloadError::Deserialize(cause) if cause.is_data() => Problem::new(Code::InvalidBody)
            .detail("The body does not fit.")
            .error("/body", cause.to_string()),
        JsonPayloadError::Deserialize(cause) => Problem::new(Code::BadJson)
            .detail("The body is not JSON.")
            .error("/body", cause.to_string()),
        _ => Problem::new(Code::BadRequest).detail("The body could not be read."),
    }
}

fn query_problem(error: &QueryPayloadError) -> Problem {
    Problem::new(Code::InvalidParameter)
        .detail("The query is not acceptable.")
        .error("/query", error.to_string())
}

fn path_problem(error: &PathError) -> Problem {
    Problem::new(Code::InvalidParameter)
        .detail("The path is not acceptable.")
        .error("/path", error.to_string())
}
