//! What the configuration says about the tokens that are accepted.

use reqwest::Url;
use serde::Deserialize;

/// Who issues the tokens, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenSettings {
    /// The value of `iss`, to the letter.
    pub issuer: String,
    /// A value that `aud` must hold.
    pub audience: String,
    /// Where the issuer's public keys are; without it, its discovery document says where.
    #[serde(default)]
    pub jwks_url: Option<String>,
    /// Scopes that a token must have, all of them.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// How old the known keys may become before they are fetched again.
    #[serde(default = "an_hour")]
    pub keys_fresh_s: u64,
    /// How old they may become while the issuer does not answer.
    #[serde(default = "a_day")]
    pub keys_kept_s: u64,
    /// The least time between two fetches, whatever key ids callers make up.
    #[serde(default = "half_a_minute")]
    pub fetch_pause_s: u64,
}

const fn an_hour() -> u64 {
    3_600
}
const fn a_day() -> u64 {
    86_400
}
const fn half_a_minute() -> u64 {
    30
}

impl TokenSettings {
    /// Checks what types alone cannot; on failure, the name of the setting and what is wrong with it.
    pub fn validate(&self) -> Result<(), (&'static str, &'static str)> {
        if self.audience.is_empty() {
            return Err(("audience", "must not be empty"));
        }
        match &self.jwks_url {
            Some(url) if fetchable(url).is_none() => Err(("jwks_url", URL_RULE)),
            None if fetchable(&self.issuer).is_none() => Err(("issuer", URL_RULE)),
            _ if self.issuer.is_empty() => Err(("issuer", "must not be empty")),
            _ => Ok(()),
        }
    }
}

const URL_RULE: &str = "must be an https:// URL; http:// is for this machine only";

/// Keys decide who everybody is, so they come over TLS, or from this machine.
pub(crate) fn fetchable(url: &str) -> Option<Url> {
    let url = Url::parse(url).ok()?;
    let here = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
    (url.scheme() == "https" || (url.scheme() == "http" && here)).then_some(url)
}
