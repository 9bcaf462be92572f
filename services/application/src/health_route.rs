//! `/api/health`: the summary of `/health`, where people outside can see it.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use service::health::{Health, Status};

/// How the application is, and what it depends on: `ok`, `degraded` (something is missing, or the circuit breaker to a platform service is not closed) or
/// `unavailable`.
#[utoipa::path(
    tag = "health",
    responses(
        (status = 200, description = "It serves; `checks` says what is missing", body = serde_json::Value),
        (status = 503, description = "It cannot serve", body = serde_json::Value),
    ),
)]
#[get("/health")]
pub(crate) async fn get_health(health: Data<Health>) -> HttpResponse {
    let summary = health.summary().await;
    let mut response = match summary.status {
        Status::Ok | Status::Degraded => HttpResponse::Ok(),
        Status::Unavailable => HttpResponse::ServiceUnavailable(),
    };
    response
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(summary)
}
