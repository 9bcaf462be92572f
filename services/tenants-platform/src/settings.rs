//! The settings of the service: `config/tenants-platform/production.yml` and `MVP_TENANTS_PLATFORM__…`.

use cache::RedisSettings;
use mail::MailSettings;
use pg::{Credentials, DatabaseSettings};
use serde::Deserialize;
use service::server::ServerSettings;
use service::settings::{ApiKeySettings, SettingsError};
use std::path::{Path, PathBuf};

/// The name of the service.
pub(crate) const SERVICE: &str = "tenants-platform";

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Where it listens.
    pub(crate) server: ServerSettings,
    /// The database and the role that serves.
    pub(crate) database: DatabaseSettings,
    /// The role that owns the database.
    pub(crate) migrations: Credentials,
    /// The cache of validations.
    pub(crate) redis: RedisSettings,
    /// Who may ask. Only `serve` needs it.
    #[serde(default)]
    pub(crate) api_keys: ApiKeySettings,
    /// The file with the secret under which secrets are kept: at least 32 characters.
    pub(crate) master_key_file: PathBuf,
    #[serde(default)]
    pub(crate) tenants: TenantSettings,
    #[serde(default)]
    pub(crate) invitations: InvitationSettings,
    /// How invitations for an address are mailed; without it, callers hand the links on.
    #[serde(default)]
    pub(crate) mail: Option<MailSettings>,
    #[serde(default)]
    pub(crate) webhooks: WebhookSettings,
}

/// The life of tenants.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TenantSettings {
    /// The plan of a tenant that is made without one.
    pub(crate) default_plan: String,
    /// How long a deleted tenant can be brought back.
    pub(crate) grace_days: u16,
}

/// Invitations.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct InvitationSettings {
    /// Where a person accepts one; `{token}` is put in.
    pub(crate) link: String,
    pub(crate) valid_days: u16,
}

/// Sending events to other programs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WebhookSettings {
    /// Whether private and loopback addresses may be sent to. Only where every tenant is trusted.
    pub(crate) allow_private_addresses: bool,
    pub(crate) timeout_ms: u64,
    /// Attempts in all, the first one included.
    pub(crate) attempts: u16,
    /// After the first failure; each further wait is twice as long, with jitter.
    pub(crate) first_delay_ms: u64,
    pub(crate) longest_delay_ms: u64,
    /// How long events can be read.
    pub(crate) keep_days: u16,
}

impl Default for TenantSettings {
    fn default() -> Self {
        Self {
            default_plan: "personal".to_owned(),
            grace_days: 30,
        }
    }
}

impl Default for InvitationSettings {
    fn default() -> Self {
        Self {
            link: "/app/invitations/{token}".to_owned(),
            valid_days: 7,
        }
    }
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self {
            allow_private_addresses: false,
            timeout_ms: 10_000,
            attempts: 10,
            first_delay_ms: 5_000,
            longest_delay_ms: 6 * 60 * 60 * 1000,
            keep_days: 30,
        }
    }
}

/// A setting whose value makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("the setting {key} {reason}")]
pub(crate) struct BadSetting {
    key: &'static str,
    reason: &'static str,
}

impl Settings {
    /// Checks what types alone cannot.
    pub(crate) fn validate(&self) -> Result<(), BadSetting> {
        let link = &self.invitations.link;
        let wrong = |reason| {
            Err(BadSetting {
                key: "invitations.link",
                reason,
            })
        };
        if !link.contains("{token}") {
            return wrong("must have {token} where the token goes");
        }
        let here = ["http://localhost", "http://127.0.0.1"].iter().any(|it| {
            let rest = link.strip_prefix(it);
            rest.is_some_and(|rest| rest.starts_with([':', '/']))
        });
        if self.mail.is_some() && !here && !link.starts_with("https://") {
            return wrong(
                "must be a whole https:// address to be mailed; http is for this machine",
            );
        }
        Ok(())
    }

    /// Reads them.
    pub(crate) fn load(extra_file: Option<&Path>) -> Result<Self, SettingsError> {
        service::settings::load(SERVICE, extra_file)
    }
}
