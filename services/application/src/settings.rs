//! The settings of the service: `config/application/production.yml` and `MVP_APPLICATION__…`.

use access::TokenSettings;
use cache::RedisSettings;
use pg::{Credentials, DatabaseSettings};
use serde::Deserialize;
use service::server::ServerSettings;
use service::settings::SettingsError;
use std::path::Path;
use upstream::UpstreamSettings;

/// The name of the service.
pub(crate) const SERVICE: &str = "application";

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
    /// What it learned from others and keeps.
    pub(crate) redis: RedisSettings,
    /// Whose tokens people sign in with. Without it nobody can be signed in.
    #[serde(default)]
    pub(crate) tokens: Option<TokenSettings>,
    /// The tenants platform: who belongs where.
    pub(crate) platform_tenants: UpstreamSettings,
    /// Where the worker shows its health and its metrics. Only `worker` needs it.
    #[serde(default)]
    pub(crate) worker: Option<ServerSettings>,
    /// The vehicles platform.
    pub(crate) platform_vehicles: UpstreamSettings,
    /// What is kept of its answers, and for how long.
    #[serde(default)]
    pub(crate) platform_data: PlatformDataSettings,
    /// NHTSA's public vPIC API, asked when the platform is away and nothing is kept. Off unless it is set.
    #[serde(default)]
    pub(crate) nhtsa: Option<UpstreamSettings>,
}

/// What is kept of the platform's answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PlatformDataSettings {
    /// For so long a list is as good as new.
    pub(crate) lists_fresh_s: u64,
    /// For so long a decoded VIN is.
    pub(crate) vins_fresh_s: u64,
    /// For so long after that it is still given while there is nothing better.
    pub(crate) stale_s: u64,
    /// How often the platform is asked which release it serves.
    pub(crate) follow_s: u64,
    /// How long a caller waits at most.
    pub(crate) patience_ms: u64,
    /// How long who keeps a vehicle waits for what its VIN says; then it is decoded later.
    pub(crate) vin_patience_ms: u64,
}

const DAY_S: u64 = 24 * 3_600;

impl Default for PlatformDataSettings {
    fn default() -> Self {
        Self {
            lists_fresh_s: 7 * DAY_S,
            vins_fresh_s: 30 * DAY_S,
            stale_s: 30 * DAY_S,
            follow_s: 30,
            patience_ms: 4_000,
            vin_patience_ms: 200,
        }
    }
}

impl Settings {
    /// Reads them.
    pub(crate) fn load(extra_file: Option<&Path>) -> Result<Self, SettingsError> {
        service::settings::load(SERVICE, extra_file)
    }
}
