//! Tokens of an issuer (RFC 7519, RFC 8725): who calls, or why that is not believed.

use crate::TokenSettings;
use crate::jwks::MAX_KEY_ID_BYTES;
use crate::token_keys::{Found, TokenKeys};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Validation, decode, decode_header};
use serde::Deserialize;
use std::sync::Arc;

/// Clocks differ by this much at most.
const LEEWAY_S: u64 = 5;
/// Longer tokens are not looked at.
const MAX_TOKEN_BYTES: usize = 16 * 1024;
/// Subjects stand in headers and keys of counters.
const MAX_SUBJECT_BYTES: usize = 255;

/// Whom a token speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The claim `sub`: visible ASCII, at most 255 bytes.
    pub subject: Arc<str>,
    /// What the token permits.
    pub scopes: Vec<String>,
}

/// Why a token is not accepted. Says nothing of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is no token, is not signed by the issuer, or is not for this audience.
    #[error("the token is not valid")]
    Invalid,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// It lacks a scope.
    #[error("the token does not permit this")]
    Scope,
    /// The issuer's keys are not known, so no token can be judged.
    #[error("the issuer's keys are not known")]
    NoKeys,
}

/// Judges tokens of one issuer for one audience.
#[derive(Clone)]
pub struct TokenVerifier {
    inner: Arc<Inner>,
}

struct Inner {
    keys: Arc<TokenKeys>,
    rules: Validation,
    scopes: Vec<String>,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    /// One issuer; a list of them is refused.
    #[serde(rename = "iss")]
    _issuer: String,
    #[serde(default)]
    scope: Option<Scopes>,
    #[serde(default)]
    scp: Option<Scopes>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scopes {
    Text(String),
    List(Vec<String>),
}

impl TokenVerifier {
    /// A verifier that fetches keys when the first token comes.
    pub fn new(settings: &TokenSettings) -> Self {
        let mut rules = Validation {
            leeway: LEEWAY_S,
            validate_nbf: true,
            ..Validation::default()
        };
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        rules.set_issuer(&[&settings.issuer]);
        rules.set_audience(&[&settings.audience]);
        Self {
            inner: Arc::new(Inner {
                keys: Arc::new(TokenKeys::new(settings)),
                rules,
                scopes: settings.scopes.clone(),
            }),
        }
    }

    /// The same verifier, with the same keys, for tokens with these scopes.
    #[must_use]
    pub fn requiring(&self, scopes: &[String]) -> Self {
        Self {
            inner: Arc::new(Inner {
                keys: Arc::clone(&self.inner.keys),
                rules: self.inner.rules.clone(),
                scopes: scopes.to_vec(),
            }),
        }
    }

    /// Whom a token speaks of. Fetches the issuer's keys when they are old or the key is new.
    pub async fn verify(&self, token: &str) -> Result<Caller, TokenError> {
        let inner = &*self.inner;
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Invalid);
        }
        // What a token says of where its key is (`jku`, `x5u`, `jwk`, `x5c`) is never looked at.
        let header = decode_header(token).map_err(|_| TokenError::Invalid)?;
        let id = header.kid.as_deref().unwrap_or_default();
        let plain = !id.is_empty() && id.bytes().all(|b| b.is_ascii_graphic());
        // RFC 7515 §4.1.11: an extension that is not understood makes the token invalid.
        if !plain || id.len() > MAX_KEY_ID_BYTES || header.crit.is_some() {
            return Err(TokenError::Invalid);
        }
        let key = match inner.keys.find(id).await {
            Found::Key(key) => key,
            Found::Unknown => return Err(TokenError::Invalid),
            Found::NoKeys => return Err(TokenError::NoKeys),
        };
        let mut rules = inner.rules.clone();
        // The key says what it is for; the token has no choice.
        rules.algorithms = vec![key.algorithm];
        let claims = decode::<Claims>(token, &key.key, &rules).map_err(|error| reason(&error))?;
        inner.judge(claims.claims)
    }
}

impl Inner {
    fn judge(&self, claims: Claims) -> Result<Caller, TokenError> {
        let subject = claims.sub;
        let plain = subject.bytes().all(|b| b.is_ascii_graphic());
        if subject.is_empty() || subject.len() > MAX_SUBJECT_BYTES || !plain {
            return Err(TokenError::Invalid);
        }
        let mut scopes = claims.scope.map_or_else(Vec::new, Scopes::split);
        scopes.extend(claims.scp.map_or_else(Vec::new, Scopes::split));
        if !self.scopes.iter().all(|wanted| scopes.contains(wanted)) {
            return Err(TokenError::Scope);
        }
        Ok(Caller {
            subject: subject.into(),
            scopes,
        })
    }
}

impl Scopes {
    fn split(self) -> Vec<String> {
        match self {
            Self::Text(text) => text.split_ascii_whitespace().map(str::to_owned).collect(),
            Self::List(list) => list,
        }
    }
}

fn reason(error: &jsonwebtoken::errors::Error) -> TokenError {
    match error.kind() {
        ErrorKind::ExpiredSignature => TokenError::Expired,
        _ => TokenError::Invalid,
    }
}
