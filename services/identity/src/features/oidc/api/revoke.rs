//! `/revoke` (RFC 7009).

use super::cross_origin::allow;
use super::oauth_error::OAuthError;
use super::token::{client_id, form};
use crate::change::Change;
use crate::features::oidc::families;
use crate::state::State;
use crate::visitor::Visitor;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, post};
use audit::Note;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

/// What is to end, as a form.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(
    dead_code,
    reason = "for the API document: the form is read leniently, as OAuth wants it"
)]
struct RevocationForm {
    token: String,
    client_id: String,
    token_type_hint: Option<String>,
}

/// Ends a refresh token with everything that came of the same sign-in. What is unknown, or is an access token, is ended by
/// its time; the answer is the same.
#[utoipa::path(
    request_body(content = RevocationForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "It is not in force any more"), (status = 400, description = "Why not", body = OAuthError), (status = 503, description = "The database cannot be reached; try again after Retry-After", body = OAuthError))
)]
#[post("/revoke")]
pub(super) async fn revoke(
    state: Data<State>,
    visitor: Visitor,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    let response = match try_revoke(&state, &visitor, &request, &body).await {
        Ok(()) => HttpResponse::Ok().finish(),
        Err(error) => error.answer(),
    };
    allow(&state, &request, response)
}

async fn try_revoke(
    state: &State,
    visitor: &Visitor,
    request: &HttpRequest,
    body: &Bytes,
) -> Result<(), OAuthError> {
    let parameters = form(request, body)?;
    let client_id = client_id(state, &parameters)?;
    let token = parameters.get("token");
    let token = token.ok_or_else(|| OAuthError::new("invalid_request", "token is missing"))?;
    let hash = state.vault.hash("refresh", token);
    let mut change = Change::begin(&state.db, visitor.by(Some(&client_id))).await?;
    let shown = families::show(change.transaction(), &hash).await?;
    let family = shown.map(|shown| shown.family);
    if let Some(family) = family.filter(|it| it.client_id == client_id && !it.is_over) {
        families::revoke(change.transaction(), family.id).await?;
        let what = json!({ "client": client_id, "family": family.id });
        change.note(Note::new("refresh_token.revoked", None, family.account).after(&what));
    }
    Ok(change.commit().await?)
}
