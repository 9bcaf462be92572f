//! What there is, and the keys.

use super::cross_origin::allow;
use crate::features::oidc::domain::scope;
use crate::state::State;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use problem::Problem;
use serde_json::{Value, json};

pub(super) const PATH: &str = "/.well-known/openid-configuration";
/// Short, so that a key that signs at once is found.
const CACHED: &str = "public, max-age=60";

/// What this provider offers, for clients to set themselves up (OpenID Connect Discovery 1.0).
#[utoipa::path(responses((status = 200, description = "The provider's metadata", body = Value)))]
#[get("/.well-known/openid-configuration")]
pub(super) async fn discovery(state: Data<State>, request: HttpRequest) -> HttpResponse {
    let metadata = json!({
        "issuer": state.settings.issuer,
        "authorization_endpoint": state.url("/authorize"),
        "token_endpoint": state.url("/token"),
        "userinfo_endpoint": state.url("/userinfo"),
        "jwks_uri": state.url("/jwks"),
        "revocation_endpoint": state.url("/revoke"),
        "end_session_endpoint": state.url("/logout"),
        "scopes_supported": scope::ALL,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account", "create"],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "amr", "sid", "email", "email_verified", "name"],
        "authorization_response_iss_parameter_supported": true,
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    });
    let response = HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, CACHED))
        .json(metadata);
    allow(&state, &request, response)
}

/// The public keys by which tokens are judged (RFC 7517).
#[utoipa::path(responses((status = 200, description = "The keys", body = Value), (status = 503, description = "The database cannot be reached", body = Problem, content_type = "application/problem+json")))]
#[get("/jwks")]
pub(super) async fn jwks(
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let ring = state.keys.ring(&state).await?;
    let keys: Vec<Value> = ring
        .iter()
        .map(|key| {
            json!({
                "kty": "RSA", "use": "sig", "alg": "RS256", "kid": key.kid, "n": key.n, "e": key.e,
            })
        })
        .collect();
    let response = HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, CACHED))
        .json(json!({ "keys": keys }));
    Ok(allow(&state, &request, response))
}
