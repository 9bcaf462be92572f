//! The settings of the service: `config/identity/production.yml` and `MVP_IDENTITY__…`.

use crate::origin::{self, Address};
use mail::SmtpSettings;
use pg::{Credentials, DatabaseSettings};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use service::server::ServerSettings;
use service::settings::SettingsError;
use std::collections::BTreeMap;
use std::fmt::{self, Formatter};
use std::path::{Path, PathBuf};

/// The name of the service.
pub(crate) const SERVICE: &str = "identity";
/// Where everything stands, and how the issuer's address ends.
pub(crate) const SCOPE: &str = "/auth";

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
    /// The file with the secret under which secrets are kept: at least 32 characters.
    pub(crate) master_key_file: PathBuf,
    /// The public address, as browsers and clients see it: `https://…/auth`.
    pub(crate) issuer: String,
    /// For whom access tokens are: the API.
    pub(crate) audience: String,
    /// The programs that people sign in to, by their ids.
    pub(crate) clients: BTreeMap<String, ClientSettings>,
    /// Whether requests come through the gateway, whose `X-Forwarded-For` is then believed.
    #[serde(default)]
    pub(crate) behind_gateway: bool,
    #[serde(default)]
    pub(crate) accounts: AccountSettings,
    #[serde(default)]
    pub(crate) sessions: SessionSettings,
    #[serde(default)]
    pub(crate) tokens: TokenSettings,
    #[serde(default)]
    pub(crate) limits: LimitSettings,
    pub(crate) mail: MailSettings,
}

/// A program that people sign in to: a public client, which proves itself by PKCE.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientSettings {
    /// How people know it.
    pub(crate) name: String,
    /// Where it may be answered, to the letter.
    pub(crate) redirect_uris: TextList,
    /// Where a browser may go after signing out, to the letter.
    #[serde(default)]
    pub(crate) post_logout_redirect_uris: TextList,
}

/// Making accounts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AccountSettings {
    /// Whether anybody may sign up.
    pub(crate) sign_up: bool,
    /// Whether an address must be shown to be one's own before it can be used.
    pub(crate) verify_email: bool,
}

/// How long a browser stays signed in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SessionSettings {
    pub(crate) max_days: u16,
    pub(crate) idle_days: u16,
}

/// How long tokens and keys last.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TokenSettings {
    /// At most 900.
    pub(crate) access_token_s: u32,
    /// A code is for being redeemed at once.
    pub(crate) code_s: u32,
    /// A refresh token that is not used for so long has ended.
    pub(crate) refresh_idle_days: u16,
    /// So long after the sign-in, refreshing ends.
    pub(crate) refresh_max_days: u16,
    /// A signing key signs for so long.
    pub(crate) rotate_keys_days: u16,
    /// So long before it signs, a key is published.
    pub(crate) publish_keys_ahead_s: u32,
}

/// How often somebody may guess, within one window.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LimitSettings {
    pub(crate) window_s: u32,
    /// Sign-ins at one account that do not succeed.
    pub(crate) account: i64,
    /// Sign-ins from one address, whether they succeed or not.
    pub(crate) address: i64,
    /// Codes of a second factor at one account.
    pub(crate) code: i64,
    /// Sign-ups and requests for mail from one address.
    pub(crate) mail_address: i64,
    /// Mails to one account.
    pub(crate) mail_account: i64,
}

/// How mail leaves.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailSettings {
    /// The sender.
    pub(crate) from: String,
    #[serde(default, deserialize_with = "some_or_empty")]
    pub(crate) smtp: Option<SmtpSettings>,
    /// Instead of sending, write the links to the log: for one person's own machine only, hence without `smtp`.
    #[serde(default)]
    pub(crate) links_to_log: bool,
}

impl Default for AccountSettings {
    fn default() -> Self {
        Self {
            sign_up: true,
            verify_email: true,
        }
    }
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            max_days: 30,
            idle_days: 7,
        }
    }
}

impl Default for TokenSettings {
    fn default() -> Self {
        Self {
            access_token_s: 600,
            code_s: 60,
            refresh_idle_days: 30,
            refresh_max_days: 90,
            rotate_keys_days: 90,
            publish_keys_ahead_s: 3_600,
        }
    }
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            window_s: 900,
            account: 10,
            address: 100,
            code: 5,
            mail_address: 20,
            mail_account: 3,
        }
    }
}

/// Texts, given as a YAML list or, in a variable, separated by commas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TextList(pub(crate) Vec<String>);

impl<'de> Deserialize<'de> for TextList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Text(String),
            List(Vec<String>),
        }
        Ok(Self(match Form::deserialize(deserializer)? {
            Form::List(list) => list,
            Form::Text(text) => text
                .split(',')
                .map(|part| part.trim().to_owned())
                .filter(|part| !part.is_empty())
                .collect(),
        }))
    }
}

/// A section that an empty variable takes away again.
fn some_or_empty<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SmtpSettings>, D::Error> {
    struct Section;
    impl<'de> Visitor<'de> for Section {
        type Value = Option<SmtpSettings>;

        fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
            f.write_str("a section, or nothing")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            if text.is_empty() {
                return Ok(None);
            }
            Err(E::invalid_type(Unexpected::Str(text), &self))
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            SmtpSettings::deserialize(MapAccessDeserializer::new(map)).map(Some)
        }
    }
    deserializer.deserialize_any(Section)
}

/// A setting whose value makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("the setting {key} {reason}")]
pub(crate) struct BadSetting {
    key: String,
    reason: &'static str,
}

impl Settings {
    /// Reads them.
    pub(crate) fn load(extra_file: Option<&Path>) -> Result<Self, SettingsError> {
        service::settings::load(SERVICE, extra_file)
    }

    /// Checks what types alone cannot; gives the issuer's address.
    pub(crate) fn validate(&self) -> Result<Address, BadSetting> {
        let wrong = |key: &str, reason| {
            Err(BadSetting {
                key: key.to_owned(),
                reason,
            })
        };
        let Some(issuer) = origin::issuer(&self.issuer, SCOPE) else {
            return wrong(
                "issuer",
                "must be https://<host>/auth, without :443; http is for this machine only",
            );
        };
        if self.audience.is_empty() {
            return wrong("audience", "must not be empty");
        }
        if !(60..=900).contains(&self.tokens.access_token_s) {
            return wrong("tokens.access_token_s", "must be from 60 to 900");
        }
        if self.mail.smtp.is_none() && !self.mail.links_to_log {
            return wrong(
                "mail.smtp",
                "is missing: accounts could not be confirmed nor passwords reset",
            );
        }
        if self.mail.links_to_log && !origin::is_here(&issuer.host) {
            return wrong(
                "mail.links_to_log",
                "is for one person's own machine: who reads the log could take over every account of this issuer",
            );
        }
        if self.mail.links_to_log && self.mail.smtp.is_some() {
            return wrong(
                "mail.links_to_log",
                "cannot stand beside mail.smtp: links go to the log, or mail is sent",
            );
        }
        for (id, client) in &self.clients {
            let uris = client.redirect_uris.0.iter();
            let uris = uris.chain(&client.post_logout_redirect_uris.0);
            if uris.into_iter().any(|uri| origin::of(uri).is_none()) {
                return wrong(
                    &format!("clients.{id}.redirect_uris"),
                    "must hold https:// addresses without a fragment; http is for this machine only",
                );
            }
        }
        Ok(issuer)
    }

    /// The origins of every client's pages.
    pub(crate) fn client_origins(&self) -> Vec<String> {
        let mut origins: Vec<String> = self
            .clients
            .values()
            .flat_map(|client| {
                let after = &client.post_logout_redirect_uris.0;
                client.redirect_uris.0.iter().chain(after)
            })
            .filter_map(|uri| origin::of(uri))
            .collect();
        origins.sort();
        origins.dedup();
        origins
    }
}
