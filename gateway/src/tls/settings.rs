//! What the configuration says about TLS.

use crate::settings::Listen;
use http::HeaderValue;
use serde::Deserialize;
use std::net::IpAddr;
use std::path::PathBuf;

/// The encrypted listener.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSettings {
    /// An IP address; `0.0.0.0` is every interface.
    pub host: IpAddr,
    /// A port; 0 is any free one.
    pub port: u16,
    /// The certificate and those that vouch for it, in PEM; read again when changed.
    pub certificate: PathBuf,
    /// Its private key, in PEM.
    pub key: PathBuf,
    /// The plain listener sends everybody here, but for the gateway's own health.
    #[serde(default)]
    pub redirect_to_https: bool,
    /// The port that clients see, if it is not `port`.
    #[serde(default)]
    pub public_port: Option<u16>,
    /// How long browsers are to come by TLS only; 0 says nothing to them.
    #[serde(default = "a_year")]
    pub hsts_max_age_s: u64,
    /// Requests that an HTTP/2 connection may have on their way at once.
    #[serde(default = "a_hundred")]
    pub max_streams: u32,
}

const fn a_year() -> u64 {
    31_536_000
}
const fn a_hundred() -> u32 {
    100
}

impl TlsSettings {
    /// Where it listens.
    pub(crate) const fn listen(&self) -> Listen {
        Listen {
            host: self.host,
            port: self.port,
        }
    }

    /// The value of `Strict-Transport-Security`.
    pub(crate) fn hsts(&self) -> Option<HeaderValue> {
        (self.hsts_max_age_s > 0)
            .then(|| HeaderValue::from_str(&format!("max-age={}", self.hsts_max_age_s)).ok())
            .flatten()
    }
}
