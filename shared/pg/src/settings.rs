//! Where a database is and who connects to it.

use crate::DbError;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;
use tokio_postgres::Config;

/// Whether the connection is encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// In the clear: on one machine, or inside an encrypted network.
    #[default]
    Disable,
    /// TLS with a checked certificate, or no connection.
    Require,
}

/// A database and the role that serves from it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSettings {
    /// The server's name or address.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// The database's name.
    pub name: String,
    /// The role.
    pub user: String,
    /// The file that holds the role's password.
    pub password_file: PathBuf,
    /// How many connections the pool may hold.
    #[serde(default = "default_connections")]
    pub max_connections: usize,
    /// Whether the connection is encrypted.
    #[serde(default)]
    pub tls: Tls,
    /// The authorities that may have signed the server's certificate (PEM); the system's by default.
    #[serde(default)]
    pub tls_ca_file: Option<PathBuf>,
}

fn default_connections() -> usize {
    10
}

/// Another role for the same database, for example the one that migrates it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The role.
    pub user: String,
    /// The file that holds its password.
    pub password_file: PathBuf,
}

impl DatabaseSettings {
    /// The same database, entered as another role.
    #[must_use]
    pub fn with_credentials(&self, credentials: &Credentials) -> Self {
        Self {
            user: credentials.user.clone(),
            password_file: credentials.password_file.clone(),
            ..self.clone()
        }
    }

    /// What the driver needs, the password read from its file.
    pub fn driver_config(&self, application_name: &str) -> Result<Config, DbError> {
        let password: SecretString = service::secrets::read(&self.password_file)?;
        let mut config = Config::new();
        config
            .host(&self.host)
            .port(self.port)
            .dbname(&self.name)
            .user(&self.user)
            .password(password.expose_secret())
            .application_name(application_name)
            .connect_timeout(Duration::from_secs(2))
            .keepalives_idle(Duration::from_secs(30))
            .ssl_mode(match self.tls {
                Tls::Disable => tokio_postgres::config::SslMode::Disable,
                Tls::Require => tokio_postgres::config::SslMode::Require,
            });
        Ok(config)
    }
}
