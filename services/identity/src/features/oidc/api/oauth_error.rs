//! Errors as OAuth has them (RFC 6749 §5.2).

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, RETRY_AFTER};
use fault::Fault;
use problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

/// Why there is no token.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct OAuthError {
    #[serde(skip)]
    status: u16,
    /// For programs.
    #[schema(example = "invalid_grant")]
    error: &'static str,
    /// For people who write programs.
    error_description: String,
}

impl OAuthError {
    pub(super) fn new(error: &'static str, description: &str) -> Self {
        Self {
            status: 400,
            error,
            error_description: description.to_owned(),
        }
    }

    pub(super) fn answer(&self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = HttpResponse::build(status);
        response.insert_header((CACHE_CONTROL, "no-store"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((RETRY_AFTER, "2"));
        }
        response.json(self)
    }
}

impl From<Fault> for OAuthError {
    fn from(fault: Fault) -> Self {
        // The cause goes to the log there.
        let problem = Problem::from(fault);
        let error = if problem.status == 503 {
            "temporarily_unavailable"
        } else if problem.status < 500 {
            "invalid_request"
        } else {
            "server_error"
        };
        Self {
            status: problem.status,
            error,
            error_description: problem.title,
        }
    }
}

impl From<pg::DbError> for OAuthError {
    fn from(error: pg::DbError) -> Self {
        Fault::from(error).into()
    }
}
