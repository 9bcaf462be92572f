//! The extractor of a signed-in person: a handler that takes it cannot be reached without a good token.

use crate::{Caller, TokenError, TokenVerifier};
use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use problem::{Code, Problem};
use std::future::Future;
use std::pin::Pin;

/// After so many seconds the issuer's keys may be known again.
const KEYS_RETRY_S: u32 = 5;

/// How people sign in here; an application's data holds it.
#[derive(Clone)]
pub struct SignIn {
    /// Judges the tokens; without it no issuer is trusted, and nobody can be signed in.
    pub verifier: Option<TokenVerifier>,
}

/// The person whose token came with the request.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Caller);

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let verifier = request
            .app_data::<Data<SignIn>>()
            .and_then(|sign_in| sign_in.verifier.clone());
        let header = request.headers().get(AUTHORIZATION).cloned();
        Box::pin(async move {
            let header = header.ok_or_else(missing)?;
            let token = header.to_str().ok().and_then(bearer).ok_or_else(missing)?;
            let verifier = verifier.ok_or_else(|| {
                Problem::new(Code::Unavailable)
                    .detail("No issuer of tokens is set up here, so nobody can be signed in.")
            })?;
            let caller = verifier.verify(token).await.map_err(refusal)?;
            Ok(Self(caller))
        })
    }
}

/// RFC 6750 §2.1; the scheme's case does not count.
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim_start_matches(' '))
}

fn missing() -> Problem {
    Problem::new(Code::TokenMissing)
        .detail("Send your token in the Authorization header: Bearer and the token.")
        .error("/header/Authorization", "is missing")
}

fn refusal(error: TokenError) -> Problem {
    let wrong = |code| Problem::new(code).error("/header/Authorization", error.to_string());
    match error {
        TokenError::Invalid => wrong(Code::TokenInvalid),
        TokenError::Expired => wrong(Code::TokenExpired),
        TokenError::Scope => wrong(Code::Forbidden),
        TokenError::NoKeys => Problem::new(Code::Unavailable)
            .detail("The issuer's keys are not known yet.")
            .retry_after_s(KEYS_RETRY_S),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    async fn code_for(header: Option<&str>) -> String {
        let mut request = TestRequest::default().app_data(Data::new(SignIn { verifier: None }));
        if let Some(header) = header {
            request = request.insert_header((AUTHORIZATION, header));
        }
        let request = request.to_http_request();
        let refused = SignedIn::from_request(&request, &mut Payload::None).await;
        refused.unwrap_err().code
    }

    #[actix_web::test]
    async fn without_a_token_or_an_issuer_nobody_is_signed_in() {
        assert_eq!(code_for(None).await, "token_missing");
        assert_eq!(code_for(Some("Basic YTpi")).await, "token_missing");
        assert_eq!(code_for(Some("bearer abc")).await, "unavailable");
    }
}
