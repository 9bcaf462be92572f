//! An answer as HTTP knows it: source, age, validator.

use crate::features::platform_data::domain::answer::{DataSource, Meta};
use crate::features::platform_data::platform_service::PlatformDataError;
use actix_web::http::StatusCode;
use actix_web::http::header::{AGE, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use problem::{Code, Problem};
use serde::Serialize;
use service::server::validators::is_known;
use std::time::Duration;

const DATA_SOURCE: HeaderName = HeaderName::from_static("x-data-source");
const DATA_RELEASE: HeaderName = HeaderName::from_static("x-data-release");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Who may keep an answer on its way.
#[derive(Clone, Copy)]
pub(super) enum Keeping {
    /// Everybody.
    Public,
    /// The caller alone.
    Private,
}

/// The answer, or 304 when the caller has it already.
///
/// The validator is weak: `meta` is not part of what it stands for.
pub(super) fn respond<T: Serialize>(
    request: &HttpRequest,
    body: &T,
    data: &[u8],
    meta: &Meta,
    age: Duration,
    keeping: Keeping,
) -> Result<HttpResponse, Problem> {
    let tag = cache::Answer::fresh(data.to_vec()).etag;
    let mut response = if is_known(request.headers(), &tag) {
        HttpResponse::new(StatusCode::NOT_MODIFIED)
    } else {
        let bytes = serde_json::to_vec(body).map_err(|error| unreadable(&error))?;
        let mut response = HttpResponse::with_body(StatusCode::OK, bytes).map_into_boxed_body();
        response.headers_mut().insert(CONTENT_TYPE, JSON);
        response
    };
    let headers = response.headers_mut();
    let lifetime = match (meta.source, keeping) {
        // Something better may be had any moment.
        (DataSource::Stale | DataSource::Nhtsa, _) => "no-cache",
        (_, Keeping::Public) => "public, max-age=60",
        (_, Keeping::Private) => "private, max-age=60",
    };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(lifetime));
    headers.insert(DATA_SOURCE, HeaderValue::from_static(meta.source.as_str()));
    headers.insert(AGE, HeaderValue::from(age.as_secs()));
    let release = meta.data_release.clone().unwrap_or_default();
    for (name, text) in [(ETAG, format!("W/{tag}")), (DATA_RELEASE, release)] {
        if let Some(value) = HeaderValue::try_from(text).ok().filter(|it| !it.is_empty()) {
            headers.insert(name, value);
        }
    }
    Ok(response)
}

fn unreadable(error: &serde_json::Error) -> Problem {
    tracing::error!(%error, "an answer could not be written");
    Problem::new(Code::Internal)
}

impl From<PlatformDataError> for Problem {
    fn from(error: PlatformDataError) -> Self {
        match &error {
            PlatformDataError::Refused(reply) => refused(reply.status.as_u16(), &reply.body),
            PlatformDataError::Unavailable(wait) => {
                let seconds = wait.as_millis().div_ceil(1_000).max(1);
                Self::new(Code::Unavailable)
                    .detail("Vehicle data cannot be had now.")
                    .retry_after_s(u32::try_from(seconds).unwrap_or(u32::MAX))
            }
            PlatformDataError::Unreadable(_) => {
                // The cause goes to the log here; the problem does not carry it.
                tracing::error!(
                    error = service::errors::chain(&error),
                    "a question got no answer"
                );
                Self::new(Code::BadGateway).detail("Vehicle data cannot be read.")
            }
        }
    }
}

/// What the platform says to a question that we let pass: there is no such make, or the VIN is none.
fn refused(status: u16, body: &[u8]) -> Problem {
    let said: Option<Problem> = serde_json::from_slice(body).ok();
    let said = said.unwrap_or_else(|| Problem::new(Code::NotFound));
    match status {
        404 => Problem::new(Code::NotFound).detail(said.detail.unwrap_or_default()),
        422 => {
            let mut problem =
                Problem::new(Code::InvalidParameter).detail("The platform does not accept this.");
            problem.errors = said.errors;
            // There it stands in the body, here in the query.
            for error in &mut problem.errors {
                error.pointer = error.pointer.replacen("/body/", "/query/", 1);
            }
            problem
        }
        _ => {
            tracing::error!(status, "the platform refuses what we ask");
            Problem::new(Code::BadGateway).detail("Vehicle data cannot be had.")
        }
    }
}
