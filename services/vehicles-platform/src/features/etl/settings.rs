//! The settings of the ETL: section `etl` of the service's settings.

use serde::Deserialize;
use std::path::PathBuf;

/// Where releases come from, when, and what is kept of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct EtlSettings {
    /// Whether `etl schedule` loads anything.
    pub(crate) enabled: bool,
    /// A cron expression of five fields.
    pub(crate) schedule: String,
    /// The time zone of the cron expression.
    pub(crate) timezone: String,
    /// What a scheduled load reads; `{year}`, `{month}` and `{month:02}` are those of the day it runs.
    pub(crate) source: String,
    /// How many releases stay in the database, the live one among them.
    pub(crate) keep: usize,
    /// The role that serves; it may read every release. It must exist; an empty name grants nothing.
    pub(crate) reader_role: Option<String>,
    /// How much smaller than in the release before a core table may be.
    pub(crate) shrink_limit_percent: u8,
    /// Where downloads wait to be loaded; the system's temporary folder by default.
    pub(crate) download_folder: Option<PathBuf>,
    /// No load takes longer than this, and nobody waits longer for one.
    pub(crate) timeout_s: u64,
    /// No other command takes longer: listing, validation, rollback, pruning, migration.
    pub(crate) command_timeout_s: u64,
    /// Whether `etl schedule` makes up at its start for a time of the schedule that passed without it.
    pub(crate) catch_up: bool,
    /// It waits up to so long before that, at random, so that installations started together do not ask together.
    pub(crate) catch_up_delay_s: u64,
    pub(crate) retry: RetrySettings,
    /// Where `etl schedule` shows its health and metrics.
    pub(crate) listen: ListenSettings,
    pub(crate) mssql: MssqlSettings,
}

impl EtlSettings {
    /// The role that may read releases, where there is to be one.
    pub(crate) fn reader_role(&self) -> Option<&str> {
        self.reader_role.as_deref().filter(|role| !role.is_empty())
    }
}

/// How a scheduled load that failed is tried again.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RetrySettings {
    /// How often in all, the first time included.
    pub(crate) attempts: u32,
    /// The wait after the first failure; it doubles each time.
    pub(crate) first_delay_s: u64,
    /// No wait is longer.
    pub(crate) longest_delay_s: u64,
    /// The wait when the month's release is not published yet.
    pub(crate) not_published_delay_s: u64,
}

/// An address of this process.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ListenSettings {
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// How a SQL Server is entered.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MssqlSettings {
    /// The schema that holds the vPIC tables.
    pub(crate) schema: String,
    /// The password, where the address has none.
    pub(crate) password_file: Option<PathBuf>,
    /// Whether the connection is encrypted. Only for a server on the same machine should it not be.
    pub(crate) encrypt: bool,
    /// The authority that signed the server's certificate, where the system does not know it.
    pub(crate) ca_file: Option<PathBuf>,
}

impl Default for EtlSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            schedule: "0 2 * * 0".to_owned(),
            timezone: "UTC".to_owned(),
            source: "https://vpic.nhtsa.dot.gov/api/vPICList_lite_{year}_{month:02}.plain.zip"
                .to_owned(),
            keep: 2,
            reader_role: Some("vehicles_api".to_owned()),
            shrink_limit_percent: 10,
            download_folder: None,
            timeout_s: 3_600,
            command_timeout_s: 120,
            catch_up: true,
            catch_up_delay_s: 900,
            retry: RetrySettings::default(),
            listen: ListenSettings::default(),
            mssql: MssqlSettings::default(),
        }
    }
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self {
            attempts: 6,
            first_delay_s: 60,
            longest_delay_s: 3_600,
            not_published_delay_s: 86_400,
        }
    }
}

impl Default for ListenSettings {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 8_010,
        }
    }
}

impl Default for MssqlSettings {
    fn default() -> Self {
        Self {
            schema: "dbo".to_owned(),
            password_file: None,
            encrypt: true,
            ca_file: None,
        }
    }
}
