//! A SQL Server that holds NHTSA's MSSQL edition: the same tables, read by `SELECT` and sent on as COPY text.

mod address;
mod columns;
mod encode;

#[cfg(test)]
mod tests;

pub(crate) use address::MssqlAddress;

use super::super::dump::SKIPPED_TABLES;
use super::super::rows::RowSink;
use super::super::settings::MssqlSettings;
use super::super::{EtlError, SourceError};
use super::dump_file::hexadecimal;
use super::relay::relayed;
use super::{Gauge, ReleaseSource};
use bytes::Bytes;
use columns::SourceTable;
use futures_util::TryStreamExt;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::time::Duration;
use tiberius::{AuthMethod, Client, Config, EncryptionLevel, QueryItem};
use tokio::net::TcpStream;
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

const BLOCK_BYTES: usize = 256 * 1024;
const CONNECT_LIMIT: Duration = Duration::from_secs(15);

type Connection = Client<Compat<TcpStream>>;

/// A SQL Server and how it is entered.
pub(super) struct MssqlSource {
    address: MssqlAddress,
    settings: MssqlSettings,
    password: SecretString,
}

impl MssqlSource {
    /// Finds the password: in the address, or in the file that the settings name.
    pub(super) fn new(address: MssqlAddress, settings: &MssqlSettings) -> Result<Self, EtlError> {
        let password = match (&address.password, &settings.password_file) {
            (Some(password), _) => SecretString::from(password.clone()),
            (None, Some(file)) => service::secrets::read(file)
                .map_err(|error| EtlError::Settings(service::errors::chain(&error)))?,
            (None, None) => {
                return Err(EtlError::Settings(
                    "no password for the SQL Server: set etl.mssql.password_file".to_owned(),
                ));
            }
        };
        Ok(Self {
            address,
            settings: settings.clone(),
            password,
        })
    }

    fn config(&self) -> Config {
        let mut config = Config::new();
        config.host(&self.address.host);
        config.port(self.address.port);
        config.database(&self.address.database);
        config.application_name("mvp-etl");
        config.readonly(true);
        config.handshake_timeout(Some(CONNECT_LIMIT));
        config.authentication(AuthMethod::sql_server(
            &self.address.user,
            self.password.expose_secret(),
        ));
        config.encryption(if self.settings.encrypt {
            EncryptionLevel::Required
        } else {
            EncryptionLevel::NotSupported
        });
        if let Some(file) = &self.settings.ca_file {
            config.trust_cert_ca(file.display());
        }
        config
    }

    async fn connect(&self) -> Result<Connection, EtlError> {
        let config = self.config();
        let unreachable = |source: Box<dyn std::error::Error + Send + Sync>| {
            EtlError::from(SourceError::Unreachable {
                place: self.address.to_string(),
                source,
            })
        };
        let stream = tokio::time::timeout(CONNECT_LIMIT, TcpStream::connect(config.get_addr()))
            .await
            .map_err(|elapsed| unreachable(Box::new(elapsed)))?
            .map_err(|error| unreachable(Box::new(error)))?;
        stream
            .set_nodelay(true)
            .map_err(|error| unreachable(Box::new(error)))?;
        // The driver's future is large.
        Box::pin(Client::connect(config, stream.compat_write()))
            .await
            .map_err(|error| unreachable(Box::new(error)))
    }

    async fn read_all(&self, sink: &mut dyn RowSink) -> Result<String, EtlError> {
        let mut connection = self.connect().await?;
        let tables = columns::list(&mut connection, &self.settings.schema).await?;
        let mut content = Sha256::new();
        for table in &tables {
            if !SKIPPED_TABLES.contains(&table.shape.name.as_str()) {
                copy_table(
                    &mut connection,
                    &self.settings.schema,
                    table,
                    sink,
                    &mut content,
                )
                .await?;
            }
        }
        Ok(hexadecimal(content))
    }
}

impl ReleaseSource for MssqlSource {
    fn read(
        self: Box<Self>,
        _gauge: &Gauge,
        sink: &mut dyn RowSink,
    ) -> Result<Option<String>, EtlError> {
        relayed(sink, |sink| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(SourceError::Unreadable)?;
            runtime.block_on(self.read_all(sink)).map(Some)
        })
    }
}

async fn copy_table(
    connection: &mut Connection,
    schema: &str,
    table: &SourceTable,
    sink: &mut dyn RowSink,
    content: &mut Sha256,
) -> Result<(), EtlError> {
    sink.begin(&table.shape)?;
    content.update(table.shape.name.as_bytes());
    let mut rows = connection
        .simple_query(table.select(schema))
        .await
        .map_err(SourceError::Mssql)?;
    let mut block = String::with_capacity(BLOCK_BYTES + 4_096);
    while let Some(item) = rows.try_next().await.map_err(SourceError::Mssql)? {
        let QueryItem::Row(row) = item else { continue };
        encode::push_row(&mut block, &table.shape, &row)?;
        if block.len() >= BLOCK_BYTES {
            let full = std::mem::replace(&mut block, String::with_capacity(BLOCK_BYTES + 4_096));
            content.update(full.as_bytes());
            sink.rows(Bytes::from(full))?;
        }
    }
    if !block.is_empty() {
        content.update(block.as_bytes());
        sink.rows(Bytes::from(block))?;
    }
    sink.end()
}
