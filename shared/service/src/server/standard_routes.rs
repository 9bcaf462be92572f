//! The routes that every service has: health, metrics, the API document and its page.

use crate::health::{Health, Status};
use crate::telemetry::Metrics;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use problem::{Code, Problem};
use std::sync::Arc;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

pub(super) struct State {
    pub(super) health: Arc<Health>,
    pub(super) metrics: Metrics,
    pub(super) openapi: OpenApi,
}

pub(super) fn install(app: &mut web::ServiceConfig) {
    app.route("/health/live", web::get().to(live))
        .route("/health/ready", web::get().to(ready))
        .route("/health", web::get().to(summary))
        .route("/metrics", web::get().to(metrics))
        .route("/openapi.json", web::get().to(openapi))
        .route("/docs", web::get().to(docs))
        // In a scope of its own: a pattern among the other routes would be tried on every request.
        .service(
            web::scope("/docs")
                .service(SwaggerUi::new("/{_:.*}").config(Config::from("../openapi.json"))),
        );
}

async fn live() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(serde_json::json!({"status": "ok"}))
}

async fn ready(state: web::Data<State>) -> Result<HttpResponse, Problem> {
    if state.health.is_ready().await {
        return Ok(live().await);
    }
    Err(Problem::new(Code::Unavailable)
        .detail("This instance cannot serve now; /health says why.")
        .retry_after_s(1))
}

async fn summary(state: web::Data<State>) -> HttpResponse {
    let summary = state.health.summary().await;
    let mut response = match summary.status {
        Status::Ok | Status::Degraded => HttpResponse::Ok(),
        Status::Unavailable => HttpResponse::ServiceUnavailable(),
    };
    response
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(summary)
}

async fn metrics(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4")
        .body(state.metrics.render())
}

async fn openapi(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(&state.openapi)
}

async fn docs() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header(("Location", "docs/"))
        .finish()
}
