//! Who shows an access token of ours.

use crate::features::accounts::{self, Account};
use crate::features::oidc::tokens;
use crate::state::State;
use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use fault::Fault;
use problem::{Code, Problem};

/// The account of the token, and what the token permits.
pub(super) async fn bearer(
    state: &State,
    request: &HttpRequest,
) -> Result<(Account, String), Fault> {
    let header = request.headers().get(AUTHORIZATION);
    let header = header.and_then(|header| header.to_str().ok());
    let token = header.and_then(|header| {
        let (scheme, token) = header.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let token = token.ok_or_else(|| Problem::new(Code::TokenMissing))?;
    let invalid = || Problem::new(Code::TokenInvalid);
    let claims = tokens::read_access(state, token).await?;
    let claims = claims.ok_or_else(invalid)?;
    let account = accounts::find(&state.db, claims.sub).await?;
    let account = account.filter(|account| account.disabled_at.is_none());
    Ok((account.ok_or_else(invalid)?, claims.scope))
}

/// Who calls, by an access token.
pub(crate) async fn caller(state: &State, request: &HttpRequest) -> Result<Account, Fault> {
    Ok(bearer(state, request).await?.0)
}
