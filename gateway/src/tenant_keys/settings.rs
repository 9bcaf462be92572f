//! Where the tenants platform is, and for how long its word is good.

use crate::settings::SettingsError;
use serde::Deserialize;
use std::path::PathBuf;

/// The tenants platform, for the keys of tenants.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantKeySettings {
    /// `http://host:port`.
    pub url: String,
    /// The file with the gateway's own key to it; relative to `secrets_dir`.
    pub key_file: PathBuf,
    /// How long a kept answer is good without a word of the platform.
    #[serde(default = "a_minute")]
    pub keep_s: u64,
    /// How long a known key serves while the platform is away.
    #[serde(default = "five_minutes")]
    pub keep_away_s: u64,
    /// How long after its own asking a kept answer is asked for again, whatever the platform's events say.
    #[serde(default = "less_than_a_minute")]
    pub ask_again_s: u64,
    /// How many answers are kept.
    #[serde(default = "many")]
    pub max_keys: u64,
}

const fn a_minute() -> u64 {
    60
}
const fn five_minutes() -> u64 {
    300
}
/// With the time that asking takes, a revocation is in force within a minute whatever becomes of its event.
const fn less_than_a_minute() -> u64 {
    50
}
const fn many() -> u64 {
    100_000
}

/// Checks the settings.
pub(crate) fn validate(settings: &TenantKeySettings) -> Result<(), SettingsError> {
    let wrong = |name: &str, reason: &str| {
        Err(SettingsError {
            key: format!("tenant_keys.{name}"),
            reason: reason.to_owned(),
        })
    };
    let url = settings.url.parse::<http::Uri>();
    let is_usable =
        url.is_ok_and(|url| url.scheme_str() == Some("http") && url.authority().is_some());
    if !is_usable {
        return wrong("url", "must be http://host:port");
    }
    if !(1..=60).contains(&settings.keep_s) {
        return wrong("keep_s", "must be from 1 to 60");
    }
    if !(settings.keep_s..=3600).contains(&settings.keep_away_s) {
        return wrong("keep_away_s", "must be from keep_s to 3600");
    }
    if !(1..=59).contains(&settings.ask_again_s) {
        return wrong("ask_again_s", "must be from 1 to 59");
    }
    if settings.max_keys == 0 {
        return wrong("max_keys", "must be at least 1");
    }
    Ok(())
}
