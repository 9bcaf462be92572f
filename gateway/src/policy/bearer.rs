//! Tokens at the door: which routes want one, and what is answered without.

use crate::refusal::Refusal;
use access::{Caller, TokenError, TokenSettings, TokenVerifier};
use http::header::{AUTHORIZATION, HeaderMap};

/// The verifiers of all routes; those of one issuer and audience share their keys.
#[derive(Default, Clone)]
pub(crate) struct Verifiers {
    known: Vec<(TokenSettings, TokenVerifier)>,
    /// Those that were asked for since they were last sorted out.
    used: Vec<TokenSettings>,
}

impl Verifiers {
    /// The verifier for a route's tokens.
    pub(crate) fn of(&mut self, settings: &TokenSettings) -> TokenVerifier {
        let source = TokenSettings {
            scopes: Vec::new(),
            ..settings.clone()
        };
        let known = self.known.iter().find(|(known, _)| *known == source);
        let verifier = known.map_or_else(
            || TokenVerifier::new(&source),
            |(_, verifier)| verifier.clone(),
        );
        if known.is_none() {
            self.known.push((source.clone(), verifier.clone()));
        }
        self.used.push(source);
        verifier.requiring(&settings.scopes)
    }

    /// Lets go of those that no route has asked for since the last time.
    pub(crate) fn keep_used(&mut self) {
        let used = std::mem::take(&mut self.used);
        self.known.retain(|(source, _)| used.contains(source));
    }
}

/// The caller that the request's token speaks of.
pub(crate) async fn caller(
    verifier: &TokenVerifier,
    headers: &HeaderMap,
) -> Result<Caller, Refusal> {
    let token = bearer(headers).ok_or(Refusal::TokenMissing)?;
    verifier.verify(token).await.map_err(|error| match error {
        TokenError::Invalid => Refusal::TokenInvalid,
        TokenError::Expired => Refusal::TokenExpired,
        TokenError::Scope => Refusal::TokenScope,
        TokenError::NoKeys => Refusal::TokenKeys,
    })
}

/// RFC 6750 §2.1; the scheme's case does not count.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim_start_matches(' '))
}
