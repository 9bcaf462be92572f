//! The settings of the service: `config/vehicles-platform/production.yml` and `MVP_VEHICLES_PLATFORM__…`.

use crate::features::etl::{Etl, EtlSettings};
use cache::RedisSettings;
use pg::{Credentials, DatabaseSettings};
use serde::Deserialize;
use service::server::ServerSettings;
use service::settings::{ApiKeySettings, SettingsError};
use std::path::Path;

/// The name of the service.
pub(crate) const SERVICE: &str = "vehicles-platform";

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Where it listens.
    pub(crate) server: ServerSettings,
    /// The database and the role that serves.
    pub(crate) database: DatabaseSettings,
    /// The role that owns the database: migrations and the ETL.
    pub(crate) migrations: Credentials,
    /// The cache.
    pub(crate) redis: RedisSettings,
    /// Who may ask. Only `serve` needs it.
    #[serde(default)]
    pub(crate) api_keys: ApiKeySettings,
    /// Releases: where from, when, how many.
    #[serde(default)]
    pub(crate) etl: EtlSettings,
}

impl Settings {
    /// Reads them.
    pub(crate) fn load(extra_file: Option<&Path>) -> Result<Self, SettingsError> {
        service::settings::load(SERVICE, extra_file)
    }

    /// The ETL, entering the database as its owner.
    pub(crate) fn etl(&self) -> Etl {
        Etl {
            database: self.database.with_credentials(&self.migrations),
            settings: self.etl.clone(),
        }
    }
}
