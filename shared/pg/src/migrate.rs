//! Migrations: each capsule has its own, numbered, applied in order by one instance at a time.

use crate::{Db, DbError};
use refinery::{Migration as RefineryMigration, Runner};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

/// The advisory lock that an instance holds while it migrates ("mvpmigra" in ASCII).
const LOCK_KEY: i64 = 0x6d76_706d_6967_7261;

/// One step, for example `V1__create_registry` and its SQL.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// `V<number>__<name>`.
    pub name: &'static str,
    /// The statements.
    pub sql: &'static str,
}

/// Applies what has not been applied yet and says how many steps that were. Other instances wait.
///
/// A capsule is a PostgreSQL schema of the same name; it is made here, and the record of applied steps is its table
/// `migration`.
pub async fn migrate(
    client: &mut Client,
    capsule: &'static str,
    migrations: &[Migration],
) -> Result<usize, DbError> {
    client
        .execute("SELECT pg_advisory_lock($1)", &[&LOCK_KEY])
        .await?;
    let applied = run(client, capsule, migrations).await;
    // Of two errors the first is the one to tell; the lock ends with the connection anyway.
    let _ = client
        .execute("SELECT pg_advisory_unlock($1)", &[&LOCK_KEY])
        .await;
    applied
}

/// How many steps have not been applied yet.
pub async fn pending(
    client: &mut Client,
    capsule: &'static str,
    migrations: &[Migration],
) -> Result<usize, DbError> {
    let (runner, table) = runner(capsule, migrations)?;
    let exists = client
        .query_one("SELECT to_regclass($1) IS NOT NULL", &[&table])
        .await?;
    if !exists.get::<_, bool>(0) {
        return Ok(migrations.len());
    }
    let applied = runner
        .get_applied_migrations_async(client)
        .await
        .map_err(|source| DbError::Migration {
            capsule,
            source: Box::new(source),
        })?;
    Ok(migrations.len().saturating_sub(applied.len()))
}

/// How many steps of a capsule have been applied, for a serving process that asks whether it may serve.
pub(crate) async fn applied(db: &Db, capsule: &'static str) -> Result<usize, DbError> {
    let counted = db
        .query_opt(&format!("SELECT count(*) FROM {capsule}.migration"), &[])
        .await;
    match counted {
        Ok(row) => {
            let count = row.map_or(0, |row| row.get::<_, i64>(0));
            Ok(usize::try_from(count).unwrap_or_default())
        }
        Err(error) if error.sql_state() == Some(&SqlState::UNDEFINED_TABLE) => Ok(0),
        Err(error) => Err(error),
    }
}

async fn run(
    client: &mut Client,
    capsule: &'static str,
    migrations: &[Migration],
) -> Result<usize, DbError> {
    client
        .batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS {capsule}"))
        .await?;
    let (runner, _) = runner(capsule, migrations)?;
    let report = runner
        .run_async(client)
        .await
        .map_err(|source| DbError::Migration {
            capsule,
            source: Box::new(source),
        })?;
    Ok(report.applied_migrations().len())
}

fn runner(capsule: &'static str, migrations: &[Migration]) -> Result<(Runner, String), DbError> {
    let steps = migrations
        .iter()
        .map(|step| RefineryMigration::unapplied(step.name, step.sql))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|source| DbError::Migration {
            capsule,
            source: Box::new(source),
        })?;
    let table = format!("{capsule}.migration");
    let mut runner = Runner::new(&steps);
    runner.set_migration_table_name(&table);
    Ok((runner, table))
}
