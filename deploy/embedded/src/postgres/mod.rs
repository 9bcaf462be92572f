//! PostgreSQL: clusters of our own, their settings, roles and databases.

mod cluster;
mod roles;
mod settings;

pub(crate) use cluster::{Cluster, data_major, initialise, spec};
pub(crate) use roles::{Passwords, ensure as ensure_roles};
pub(crate) use settings::Purpose;

use std::time::Duration;

use anyhow::Context as _;
use tokio_postgres::{Client, Config, NoTls};

/// Connects on the loopback interface.
pub(crate) async fn connect(
    port: u16,
    user: &str,
    database: &str,
    password: &str,
) -> anyhow::Result<Client> {
    let mut config = Config::new();
    config
        .host("127.0.0.1")
        .port(port)
        .user(user)
        .password(password)
        .dbname(database)
        .application_name("mvp")
        .connect_timeout(Duration::from_secs(2));
    let (client, connection) = tokio::time::timeout(Duration::from_secs(5), config.connect(NoTls))
        .await
        .context("PostgreSQL does not answer")??;
    tokio::spawn(connection);
    Ok(client)
}
