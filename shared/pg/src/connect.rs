//! Making connections whose tasks live on the runtime that made the pool.

use crate::{DatabaseSettings, DbError, Tls};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// One connection outside any pool, for migrations and long work.
pub async fn connect(
    settings: &DatabaseSettings,
    application_name: &str,
) -> Result<Client, DbError> {
    let connector = Connector::new(settings)?;
    let config = settings.driver_config(application_name)?;
    // The driver's own limit ends with the TCP connection; a frozen server takes that and says nothing.
    match tokio::time::timeout(CONNECT_TIMEOUT, connector.open(&config)).await {
        Ok(opened) => Ok(opened?.0),
        Err(_) => Err(DbError::Timeout),
    }
}

/// How connections are made: encrypted or not, and where their tasks run.
pub(crate) struct Connector {
    tls: Option<MakeRustlsConnect>,
    runtime: Handle,
}

impl Connector {
    pub(crate) fn new(settings: &DatabaseSettings) -> Result<Self, DbError> {
        let tls = match settings.tls {
            Tls::Disable => None,
            Tls::Require => Some(rustls_connector(settings.tls_ca_file.as_deref())?),
        };
        Ok(Self {
            tls,
            runtime: Handle::current(),
        })
    }

    async fn open(
        &self,
        config: &Config,
    ) -> Result<(Client, JoinHandle<()>), tokio_postgres::Error> {
        Ok(match &self.tls {
            None => {
                let (client, connection) = config.connect(NoTls).await?;
                (client, self.runtime.spawn(drive(connection)))
            }
            Some(tls) => {
                let (client, connection) = config.connect(tls.clone()).await?;
                (client, self.runtime.spawn(drive(connection)))
            }
        })
    }
}

async fn drive(connection: impl Future<Output = Result<(), tokio_postgres::Error>>) {
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a database connection ended");
    }
}

type Opened = Result<(Client, JoinHandle<()>), tokio_postgres::Error>;

impl deadpool_postgres::Connect for Connector {
    fn connect(&self, config: &Config) -> Pin<Box<dyn Future<Output = Opened> + Send + '_>> {
        let config = config.clone();
        Box::pin(async move { self.open(&config).await })
    }
}

fn rustls_connector(authorities: Option<&Path>) -> Result<MakeRustlsConnect, DbError> {
    // Another part of the process may have chosen the provider already; then that one stays.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let Some(path) = authorities else {
        return MakeRustlsConnect::with_native_certs()
            .map(|(connector, _)| connector)
            .map_err(|errors| DbError::Authorities(format!("{errors:?}")));
    };
    let unusable = |reason: String| DbError::Authorities(format!("{}: {reason}", path.display()));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|e| unusable(e.to_string()))? {
        let certificate = certificate.map_err(|e| unusable(e.to_string()))?;
        roots
            .add(certificate)
            .map_err(|e| unusable(e.to_string()))?;
    }
    let config = rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
