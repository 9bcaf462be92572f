//! `/userinfo`: who the bearer of a token is.

use super::bearer::bearer;
use super::cross_origin::allow;
use crate::features::oidc::tokens;
use crate::state::State;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, ResponseError, get, post};
use problem::Problem;

/// What the token's scopes permit to know of its person (OpenID Connect Core 1.0 §5.3).
#[utoipa::path(responses((status = 200, description = "Claims: sub, and by scope email, email_verified, name", body = serde_json::Value)))]
#[get("/userinfo")]
pub(super) async fn get_userinfo(state: Data<State>, request: HttpRequest) -> HttpResponse {
    userinfo(&state, &request).await
}

/// The same, asked by POST.
#[utoipa::path(responses((status = 200, description = "Claims: sub, and by scope email, email_verified, name", body = serde_json::Value)))]
#[post("/userinfo")]
pub(super) async fn post_userinfo(state: Data<State>, request: HttpRequest) -> HttpResponse {
    userinfo(&state, &request).await
}

async fn userinfo(state: &State, request: &HttpRequest) -> HttpResponse {
    let response = match bearer(state, request).await {
        Ok((account, scopes)) => {
            let mut claims = tokens::about(&account, &scopes);
            claims.insert("sub".to_owned(), account.id.to_string().into());
            HttpResponse::Ok()
                .insert_header((CACHE_CONTROL, "no-store"))
                .json(claims)
        }
        Err(fault) => Problem::from(fault).error_response(),
    };
    allow(state, request, response)
}
