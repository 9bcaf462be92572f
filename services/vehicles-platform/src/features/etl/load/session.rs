//! The one connection of a load. It holds the lock that lets one load run at a time, on however many machines.

use super::super::EtlError;
use super::super::data::registry;
use pg::{DatabaseSettings, DbError};
use serde_json::json;
use service::errors::chain;
use std::time::Duration;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

/// The advisory lock of the ETL ("mvp-etl" in ASCII).
const LOCK_KEY: i64 = 0x6d76_702d_6574_6c00;
/// How long a failed load's connection may take to end before the cleaning is left to the next load.
const END_LIMIT: Duration = Duration::from_secs(15);

/// A connection with the lock.
pub(in super::super) struct Session {
    pub(in super::super) client: Client,
    /// Who this is, in `pg_stat_activity` and in the registry.
    pub(in super::super) name: String,
    backend_pid: i32,
}

impl Session {
    /// Connects and takes the lock, waiting for it only if told to.
    pub(in super::super) async fn open(
        database: &DatabaseSettings,
        wait: bool,
    ) -> Result<Self, EtlError> {
        let name = process_name();
        let client = pg::connect(database, &name).await?;
        let backend_pid = client
            .query_one(include_str!("../data/queries/backend_pid.sql"), &[])
            .await?
            .get(0);
        let session = Self {
            client,
            name,
            backend_pid,
        };
        if wait {
            session
                .client
                .execute(include_str!("../data/queries/lock.sql"), &[&LOCK_KEY])
                .await?;
            return Ok(session);
        }
        let locked = session
            .client
            .query_one(include_str!("../data/queries/try_lock.sql"), &[&LOCK_KEY])
            .await?;
        if locked.get(0) {
            return Ok(session);
        }
        Err(EtlError::Busy {
            holder: session.holder().await?,
        })
    }

    async fn holder(&self) -> Result<String, EtlError> {
        let row = self
            .client
            .query_opt(
                include_str!("../data/queries/lock_holder.sql"),
                &[&LOCK_KEY],
            )
            .await?;
        Ok(row.map_or_else(
            || "it has just ended".to_owned(),
            |row| {
                let (program, address): (&str, &str) = (row.get("program"), row.get("address"));
                let (pid, since): (i32, Option<&str>) = (row.get("pid"), row.get("since"));
                let since = since.unwrap_or("an unknown time");
                format!("{program}, from {address}, since {since} (backend {pid})")
            },
        ))
    }

    /// Removes what processes left behind that ended without a word. Nobody else loads, so what looks unfinished is.
    pub(in super::super) async fn sweep(&self) -> Result<(), EtlError> {
        let interrupted = self
            .client
            .query(include_str!("../data/queries/fail_interrupted.sql"), &[])
            .await?;
        for row in interrupted {
            tracing::info!(
                release = row.get::<_, i32>(0),
                "an interrupted load was given up"
            );
        }
        let orphans = self
            .client
            .query(include_str!("../data/queries/orphaned_schemas.sql"), &[])
            .await?;
        for row in orphans {
            let schema: &str = row.get(0);
            match self.drop_schema(schema).await {
                // Somebody still reads it. It is in nobody's way, so the command goes on and a later one removes it.
                Err(EtlError::Database(error)) if is_locked(&error) => {
                    tracing::warn!(schema, "a half-loaded release is in use and stays for now");
                }
                outcome => outcome?,
            }
        }
        Ok(())
    }

    /// From here on no statement of this connection takes longer, and none waits long for a lock.
    pub(in super::super) async fn limit(&self, limit_s: u64) -> Result<(), EtlError> {
        limit_statements(&self.client, limit_s).await?;
        Ok(self
            .client
            .batch_execute("SET lock_timeout = '10s'")
            .await?)
    }

    async fn drop_schema(&self, schema: &str) -> Result<(), EtlError> {
        let sql = format!(
            "BEGIN; SET LOCAL lock_timeout = '5s'; DROP SCHEMA IF EXISTS {schema} CASCADE; COMMIT"
        );
        let dropped = self.client.batch_execute(&sql).await;
        if dropped.is_err() {
            self.client.batch_execute("ROLLBACK").await?;
        }
        Ok(dropped?)
    }

    /// Removes complete releases beyond the newest `keep`; the live one always stays.
    pub(in super::super) async fn remove_surplus(
        &self,
        keep: usize,
    ) -> Result<Vec<(i32, String)>, EtlError> {
        let keep = i64::try_from(keep).unwrap_or(i64::MAX);
        let rows = self
            .client
            .query(
                include_str!("../data/queries/surplus_releases.sql"),
                &[&keep],
            )
            .await?;
        let surplus: Vec<(i32, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        for (id, _) in &surplus {
            // First the registry: a release whose schema is half gone must not look complete.
            self.client
                .execute(include_str!("../data/queries/mark_pruned.sql"), &[id])
                .await?;
            self.drop_schema(&registry::schema_of(*id)).await?;
        }
        Ok(surplus)
    }

    /// After a load: what cannot be removed now will be the next time.
    pub(super) async fn prune(&self, keep: usize) {
        if let Err(error) = self.remove_surplus(keep).await {
            tracing::warn!(error = %chain(&error), "old releases could not be removed");
        }
    }

    /// Ends the load's transaction, however deep in a statement it is, and records why.
    pub(super) async fn abandon(
        self,
        database: &DatabaseSettings,
        release_id: Option<i32>,
        error: &EtlError,
    ) -> Result<(), EtlError> {
        let backend_pid = self.backend_pid;
        drop(self.client);
        let Some(id) = release_id else { return Ok(()) };
        let work = async {
            let name = process_name();
            let client = pg::connect(database, &name).await?;
            client
                .execute(
                    include_str!("../data/queries/terminate_backend.sql"),
                    &[&backend_pid],
                )
                .await?;
            // The lock is free once the old connection has ended and everything of its transaction is undone.
            client
                .execute(include_str!("../data/queries/lock.sql"), &[&LOCK_KEY])
                .await?;
            let session = Self {
                client,
                name,
                backend_pid: 0,
            };
            let report = match error.cause() {
                EtlError::Invalid(report) => Some(json!(report)),
                _ => None,
            };
            registry::record_failure(&session.client, id, &chain(error), report).await?;
            session.sweep().await
        };
        tokio::time::timeout(END_LIMIT, work)
            .await
            .unwrap_or(Err(EtlError::Database(DbError::Timeout)))
    }
}

/// PostgreSQL gives up what the client no longer waits for.
pub(in super::super) async fn limit_statements(
    client: &Client,
    limit_s: u64,
) -> Result<(), DbError> {
    let sql = format!("SET statement_timeout = '{limit_s}s'");
    Ok(client.batch_execute(&sql).await?)
}

fn is_locked(error: &DbError) -> bool {
    error.sql_state() == Some(&SqlState::LOCK_NOT_AVAILABLE)
}

/// `mvp-etl@<host>/<pid>`, within the 63 bytes that PostgreSQL keeps of it.
fn process_name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host: String = host.trim().chars().take(40).collect();
    format!("mvp-etl@{host}/{}", std::process::id())
}
