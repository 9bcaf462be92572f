//! A PostgreSQL database of a test's own.

use std::path::PathBuf;
use tempfile::TempDir;
use tokio_postgres::{Client, Config, NoTls};

/// The password of both roles; the server listens on loopback and lives for the test run.
const PASSWORD: &str = "only-for-tests";

/// A database that is dropped at the end, with `<name>_owner` (migrations, ETL) and `<name>_api` (serving, reads only).
pub struct Database {
    /// The server's address.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// The database's name.
    pub name: String,
    /// A file with the password of both roles.
    pub password_file: PathBuf,
    admin: Config,
    _folder: TempDir,
}

impl Database {
    /// Makes an empty database.
    ///
    /// # Panics
    /// When `TEST_POSTGRES_URL` is not set or the server does not do it. `make test` sets it.
    pub async fn create() -> Self {
        let url = std::env::var("TEST_POSTGRES_URL")
            .expect("TEST_POSTGRES_URL names a PostgreSQL superuser; run the tests by `make test`");
        let admin: Config = url.parse().expect("TEST_POSTGRES_URL is a PostgreSQL URL");
        let name = crate::unique_name("test");
        let client = connect(&admin).await;
        // Each alone: CREATE DATABASE runs in no transaction.
        for statement in [
            format!("CREATE ROLE {name}_owner LOGIN PASSWORD '{PASSWORD}'"),
            format!("CREATE ROLE {name}_api LOGIN PASSWORD '{PASSWORD}'"),
            format!("CREATE DATABASE {name} OWNER {name}_owner"),
        ] {
            client
                .batch_execute(&statement)
                .await
                .expect("the test server accepts the statement");
        }
        let mut own = admin.clone();
        own.dbname(&name);
        let grants = format!(
            "ALTER DEFAULT PRIVILEGES FOR ROLE {name}_owner GRANT USAGE ON SCHEMAS TO {name}_api;
             ALTER DEFAULT PRIVILEGES FOR ROLE {name}_owner GRANT SELECT ON TABLES TO {name}_api;"
        );
        connect(&own)
            .await
            .batch_execute(&grants)
            .await
            .expect("default privileges");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let password_file = folder.path().join("password");
        std::fs::write(&password_file, PASSWORD).expect("the password file");
        let host = match admin.get_hosts().first() {
            Some(tokio_postgres::config::Host::Tcp(host)) => host.clone(),
            other => panic!("TEST_POSTGRES_URL must name a TCP host, not {other:?}"),
        };
        let port = admin.get_ports().first().copied().unwrap_or(5432);
        Self {
            host,
            port,
            name,
            password_file,
            admin,
            _folder: folder,
        }
    }

    /// Makes an empty database whose serving role writes too, as far as migrations leave it.
    ///
    /// # Panics
    /// As [`Database::create`].
    pub async fn create_writable() -> Self {
        let database = Self::create().await;
        let (owner, api) = (database.owner(), database.api());
        let grants = format!(
            "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT INSERT, UPDATE, DELETE ON TABLES TO {api};
             ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE ON SEQUENCES TO {api};"
        );
        let client = database.superuser().await;
        client
            .batch_execute(&grants)
            .await
            .expect("default privileges");
        database
    }

    /// The role that owns the database.
    pub fn owner(&self) -> String {
        format!("{}_owner", self.name)
    }

    /// The role that serves from it.
    pub fn api(&self) -> String {
        format!("{}_api", self.name)
    }

    /// What tells a service of this house to serve from here, by the names of its settings.
    pub fn settings(&self) -> [(&'static str, String); 7] {
        let password_file = self.password_file.display().to_string();
        [
            ("DATABASE__HOST", self.host.clone()),
            ("DATABASE__PORT", self.port.to_string()),
            ("DATABASE__NAME", self.name.clone()),
            ("DATABASE__USER", self.api()),
            ("DATABASE__PASSWORD_FILE", password_file.clone()),
            ("MIGRATIONS__USER", self.owner()),
            ("MIGRATIONS__PASSWORD_FILE", password_file),
        ]
    }

    /// A connection to this database as its owner.
    pub async fn client(&self) -> Client {
        let mut config = Config::new();
        config
            .host(&self.host)
            .port(self.port)
            .dbname(&self.name)
            .user(self.owner())
            .password(PASSWORD);
        connect(&config).await
    }

    /// A superuser's connection to this database.
    pub async fn superuser(&self) -> Client {
        let mut config = self.admin.clone();
        config.dbname(&self.name);
        connect(&config).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (admin, name) = (self.admin.clone(), self.name.clone());
        // A test's runtime may be gone or busy here, so the clean-up has its own.
        let cleaning = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                let Ok((client, connection)) = admin.connect(NoTls).await else {
                    return;
                };
                tokio::spawn(connection);
                for statement in [
                    format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
                    format!("DROP ROLE IF EXISTS {name}_owner"),
                    format!("DROP ROLE IF EXISTS {name}_api"),
                ] {
                    let _ = client.batch_execute(&statement).await;
                }
            });
        });
        let _ = cleaning.join();
    }
}

async fn connect(config: &Config) -> Client {
    let (client, connection) = config
        .connect(NoTls)
        .await
        .expect("the test server answers");
    tokio::spawn(connection);
    client
}
