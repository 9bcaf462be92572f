//! `/token`: a code, or a refresh token, for tokens.

use super::cross_origin::allow;
use super::oauth_error::OAuthError;
use crate::change::Change;
use crate::features::oidc::domain::parameters::Parameters;
use crate::features::oidc::domain::{pkce, scope};
use crate::features::oidc::families::{self, Family};
use crate::features::oidc::key_ring::Ring;
use crate::features::oidc::{codes, tokens};
use crate::features::{accounts, sessions};
use crate::state::State;
use crate::visitor::Visitor;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, post};
use audit::Note;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

const FORM: &str = "application/x-www-form-urlencoded";
const TOKEN_LENGTH: usize = 64;

/// What is asked for, as a form (RFC 6749 §4.1.3, §6).
#[derive(Debug, Deserialize, ToSchema)]
#[expect(
    dead_code,
    reason = "for the API document: the form is read leniently, as OAuth wants it"
)]
struct TokenForm {
    /// `authorization_code` or `refresh_token`.
    grant_type: String,
    client_id: String,
    /// With `authorization_code`.
    code: Option<String>,
    /// With `authorization_code`: as in the authorization request.
    redirect_uri: Option<String>,
    /// With `authorization_code` (RFC 7636).
    code_verifier: Option<String>,
    /// With `refresh_token`.
    refresh_token: Option<String>,
    /// With `refresh_token`: less than what was granted.
    scope: Option<String>,
}

/// Tokens.
#[derive(Debug, Serialize, ToSchema)]
struct Tokens {
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// Seconds.
    expires_in: u32,
    id_token: String,
    /// With the scope `offline_access`; good once.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    scope: String,
}

/// What was granted, in the transaction that grants it.
struct Grant {
    change: Change,
    family: Family,
    scopes: String,
    nonce: Option<String>,
}

/// Gives tokens for a code, or for a refresh token, which is used up by that.
#[utoipa::path(
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "Tokens", body = Tokens), (status = 400, description = "Why not", body = OAuthError), (status = 503, description = "The database cannot be reached; try again after Retry-After", body = OAuthError))
)]
#[post("/token")]
pub(super) async fn post_token(
    state: Data<State>,
    visitor: Visitor,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    let response = match try_token(&state, &visitor, &request, &body).await {
        Ok(tokens) => HttpResponse::Ok()
            .insert_header((CACHE_CONTROL, "no-store"))
            .json(tokens),
        Err(error) => error.answer(),
    };
    allow(&state, &request, response)
}

/// The parameters of a form.
pub(super) fn form(request: &HttpRequest, body: &Bytes) -> Result<Parameters, OAuthError> {
    let media_type = request.headers().get(CONTENT_TYPE);
    let media_type = media_type
        .and_then(|it| it.to_str().ok())
        .unwrap_or_default();
    let invalid = |text| OAuthError::new("invalid_request", text);
    if !media_type.to_ascii_lowercase().starts_with(FORM) {
        return Err(invalid("send a form"));
    }
    Parameters::parse(body).ok_or_else(|| invalid("a parameter is repeated or too long"))
}

async fn try_token(
    state: &State,
    visitor: &Visitor,
    request: &HttpRequest,
    body: &Bytes,
) -> Result<Tokens, OAuthError> {
    let parameters = form(request, body)?;
    let client_id = client_id(state, &parameters)?;
    // Before the transaction: who holds a connection and waits for another one waits for others who do the same.
    let ring = state.keys.ring(state).await?;
    let grant = match parameters.get("grant_type") {
        Some("authorization_code") => redeem(state, visitor, &parameters, client_id).await?,
        Some("refresh_token") => refresh(state, visitor, &parameters, client_id).await?,
        Some(_) => {
            return Err(OAuthError::new(
                "unsupported_grant_type",
                "this is not supported",
            ));
        }
        None => return Err(OAuthError::new("invalid_request", "grant_type is missing")),
    };
    issue(state, &ring, grant).await
}

/// The client that asks. A public one has no secret: PKCE and the used-up refresh token take its place.
pub(super) fn client_id<'a>(
    state: &State,
    parameters: &'a Parameters,
) -> Result<&'a str, OAuthError> {
    let known = |id: &&str| state.settings.clients.contains_key(*id);
    let id = parameters.get("client_id").filter(known);
    id.ok_or_else(|| OAuthError::new("invalid_client", "the client is not known"))
}

/// One description for everything that is wrong with a grant: it helps nobody who guesses.
fn invalid_grant() -> OAuthError {
    OAuthError::new(
        "invalid_grant",
        "this was used, has ended, or belongs elsewhere",
    )
}

async fn redeem(
    state: &State,
    visitor: &Visitor,
    parameters: &Parameters,
    client_id: &str,
) -> Result<Grant, OAuthError> {
    let missing = |name| OAuthError::new("invalid_request", name);
    let code = parameters
        .get("code")
        .ok_or_else(|| missing("code is missing"))?;
    let verifier = parameters.get("code_verifier");
    let verifier = verifier.ok_or_else(|| missing("code_verifier is missing"))?;
    let hash = state.vault.hash("code", code);
    let change = Change::begin(&state.db, visitor.by(Some(&client_id))).await?;
    let found = codes::find(change.transaction(), &hash).await?;
    let found = found.ok_or_else(invalid_grant)?;
    if found.was_used {
        return Err(revoke(change, &found.family, "code.reused").await?);
    }
    let is_right = found.family.client_id == client_id
        && parameters.get("redirect_uri") == Some(found.redirect_uri.as_str())
        && pkce::proves(verifier, &found.challenge);
    if !is_right || found.is_late || found.family.is_over {
        return Err(invalid_grant());
    }
    codes::take(change.transaction(), &hash).await?;
    Ok(Grant {
        change,
        scopes: found.family.scope.clone(),
        family: found.family,
        nonce: found.nonce,
    })
}

async fn refresh(
    state: &State,
    visitor: &Visitor,
    parameters: &Parameters,
    client_id: &str,
) -> Result<Grant, OAuthError> {
    let token = parameters.get("refresh_token");
    let token =
        token.ok_or_else(|| OAuthError::new("invalid_request", "refresh_token is missing"))?;
    let hash = state.vault.hash("refresh", token);
    let change = Change::begin(&state.db, visitor.by(Some(&client_id))).await?;
    let shown = families::show(change.transaction(), &hash).await?;
    let shown = shown.ok_or_else(invalid_grant)?;
    let family = shown.family;
    if shown.was_used && !family.is_over {
        return Err(revoke(change, &family, "refresh_token.reused").await?);
    }
    if family.client_id != client_id || shown.was_used || shown.is_late || family.is_over {
        return Err(invalid_grant());
    }
    let scopes = match parameters.get("scope") {
        Some(less) if !scope::includes(&family.scope, less) => {
            return Err(OAuthError::new("invalid_scope", "more than was granted"));
        }
        Some(less) => less.to_owned(),
        None => family.scope.clone(),
    };
    families::use_token(change.transaction(), &hash).await?;
    Ok(Grant {
        change,
        family,
        scopes,
        nonce: None,
    })
}

/// Somebody has what was given to somebody else: nobody keeps it.
async fn revoke(
    mut change: Change,
    family: &Family,
    action: &'static str,
) -> Result<OAuthError, OAuthError> {
    families::revoke(change.transaction(), family.id).await?;
    let what = json!({ "client": family.client_id, "family": family.id });
    change.note(Note::new(action, None, family.account).after(&what));
    change.commit().await?;
    tracing::warn!(
        action,
        "a code or refresh token came twice; its family is revoked"
    );
    Ok(invalid_grant())
}

async fn issue(state: &State, ring: &Ring, grant: Grant) -> Result<Tokens, OAuthError> {
    let Grant {
        change,
        family,
        scopes,
        nonce,
    } = grant;
    // Whoever disables the account meanwhile waits for the family, and then revokes it with its new token.
    let account = accounts::read(change.transaction(), family.account).await?;
    let account = account.filter(|account| account.disabled_at.is_none());
    let account = account.ok_or_else(invalid_grant)?;
    let refresh_token =
        scope::has(&family.scope, "offline_access").then(|| vault::random_text(TOKEN_LENGTH));
    let mut refresh_until = None;
    if let Some(token) = &refresh_token {
        let days = i32::from(state.settings.tokens.refresh_idle_days);
        let hash = state.vault.hash("refresh", token);
        refresh_until = families::add_token(change.transaction(), family.id, &hash, days).await?;
    }
    // Nobody has tokens of a session that its owner cannot see and end.
    if !sessions::keep(change.transaction(), family.session, refresh_until).await? {
        return Err(invalid_grant());
    }
    let (settings, nonce) = (&state.settings, nonce.as_deref());
    let pair = tokens::make(settings, ring, &family, &account, &scopes, nonce)?;
    change.commit().await?;
    Ok(Tokens {
        access_token: pair.access,
        token_type: "Bearer",
        expires_in: state.settings.tokens.access_token_s,
        id_token: pair.id,
        refresh_token,
        scope: scopes,
    })
}
