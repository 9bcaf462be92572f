//! The pool in which nothing waits for ever.

use crate::connect::Connector;
use crate::patience::Patience;
use crate::{DatabaseSettings, DbError};
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts};
use opentelemetry::KeyValue;
use std::time::Duration;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// For a query, the wait for its connection included.
const QUERY_TIMEOUT: Duration = Duration::from_secs(2);
/// For a connection, however many of the pool's turn out to be dead one after the other.
const LEND_TIMEOUT: Duration = Duration::from_secs(2);
/// A process that stops in the middle of a transaction keeps its locks no longer than this.
const QUIET: &str = "-c idle_in_transaction_session_timeout=5000";
const TIMEOUTS: Timeouts = Timeouts {
    wait: Some(Duration::from_millis(500)),
    create: Some(Duration::from_secs(2)),
    recycle: Some(Duration::from_millis(500)),
};

/// A database to read from and write to.
#[derive(Clone)]
pub struct Db {
    pub(crate) pool: Pool,
    pub(crate) query_timeout: Duration,
}

impl Db {
    /// A pool for this database. Nothing is connected yet, so a database that is away does not keep a process from
    /// starting.
    pub fn new(settings: &DatabaseSettings, application_name: &str) -> Result<Self, DbError> {
        let mut config = settings.driver_config(application_name)?;
        config.options(QUIET);
        let manager = Manager::from_connect(
            config,
            Connector::new(settings)?,
            ManagerConfig {
                recycling_method: RecyclingMethod::Verified,
            },
        );
        let pool = Pool::builder(manager)
            .max_size(settings.max_connections)
            .timeouts(TIMEOUTS)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| DbError::Unavailable(Box::new(error)))?;
        Ok(Self {
            pool,
            query_timeout: QUERY_TIMEOUT,
        })
    }

    /// The same pool with more time for each query, for reports and imports.
    #[must_use]
    pub fn with_query_timeout(mut self, query_timeout: Duration) -> Self {
        self.query_timeout = query_timeout;
        self
    }

    /// Runs a query. The statement is prepared once a connection.
    pub async fn query(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, DbError> {
        let patience = Patience::of(self.query_timeout);
        let client = self.lend(&patience).await?;
        let answer = patience.wait(self.query_timeout, async {
            let statement = client.prepare_cached(sql).await?;
            client.query(&statement, parameters).await
        });
        match answer.await {
            Ok(result) => Ok(result?),
            Err(late) => {
                // The connection is in the middle of an answer: it must not be lent again.
                drop(Object::take(client));
                Err(late)
            }
        }
    }

    /// A connection of the pool that has just answered.
    pub(crate) async fn lend(&self, patience: &Patience) -> Result<Object, DbError> {
        Ok(patience.wait(LEND_TIMEOUT, self.pool.get()).await??)
    }

    /// Runs a query that gives one row or none.
    pub async fn query_opt(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, DbError> {
        Ok(self.query(sql, parameters).await?.into_iter().next())
    }

    /// Whether it answers.
    pub async fn ping(&self) -> Result<(), DbError> {
        self.query("SELECT 1", &[]).await.map(|_| ())
    }

    /// Shows the pool's connections as a metric of a service, read when somebody looks.
    pub fn observe_connections(&self, service: &'static str) {
        let pool = self.pool.clone();
        opentelemetry::global::meter(service)
            .u64_observable_gauge("db_client_connection_count")
            .with_description("Connections to PostgreSQL, in use and idle")
            .with_callback(move |gauge| {
                let status = pool.status();
                let idle = status.available.min(status.size);
                let used = status.size.saturating_sub(idle);
                for (state, count) in [("used", used), ("idle", idle)] {
                    let count = u64::try_from(count).unwrap_or(u64::MAX);
                    gauge.observe(count, &[KeyValue::new("state", state)]);
                }
            })
            .build();
    }
}
