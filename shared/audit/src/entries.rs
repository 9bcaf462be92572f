//! Writing and reading entries.

use crate::chain::{Entry, GENESIS};
use crate::{By, Note};
use jiff::Timestamp;
use pg::{Db, DbError, Transaction};
use tokio_postgres::Row;
use uuid::Uuid;

/// Writes what a change did. From here to the end of the transaction no other change can write.
pub async fn append(transaction: &Transaction, by: &By, notes: &[Note]) -> Result<(), DbError> {
    transaction
        .query(include_str!("queries/lock.sql"), &[])
        .await?;
    let head = transaction
        .query_opt(include_str!("queries/head.sql"), &[])
        .await?;
    let (mut seq, mut previous) = head.map_or((0, GENESIS.to_vec()), |row| {
        (row.get::<_, i64>("seq"), row.get::<_, Vec<u8>>("hash"))
    });
    // PostgreSQL keeps microseconds; the hash must be of what it keeps.
    let at = pg::now();
    let text = |value: &Option<serde_json::Value>| value.as_ref().map(ToString::to_string);
    for note in notes {
        seq = seq.saturating_add(1);
        let entry = Entry {
            seq,
            at,
            consumer: by.consumer.clone(),
            actor: by.actor.clone(),
            request_id: by.request_id.clone(),
            action: note.action.to_owned(),
            tenant_id: note.tenant,
            subject: note.subject.clone(),
            before: text(&note.before),
            after: text(&note.after),
        };
        let hash = entry.hash(&previous).to_vec();
        insert(transaction, &entry, &previous, &hash).await?;
        previous = hash;
    }
    Ok(())
}

async fn insert(
    transaction: &Transaction,
    entry: &Entry,
    previous: &[u8],
    hash: &[u8],
) -> Result<(), DbError> {
    transaction
        .execute(
            include_str!("queries/insert.sql"),
            &[
                &entry.seq,
                &entry.at,
                &entry.consumer,
                &entry.actor,
                &entry.request_id,
                &entry.action,
                &entry.tenant_id,
                &entry.subject,
                &entry.before,
                &entry.after,
                &previous,
                &hash,
            ],
        )
        .await
        .map(|_| ())
}

/// Which entries.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this tenant.
    pub tenant_id: Option<Uuid>,
    /// By this person, or this program.
    pub actor: Option<String>,
    /// Of this kind, or of all kinds that begin with it and a dot.
    pub action: Option<String>,
    /// From this time on.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
}

/// The entries before one, the latest first, each with its hash.
pub async fn latest(
    db: &Db,
    filter: &Filter,
    before: Option<i64>,
    rows: i64,
) -> Result<Vec<(Entry, Vec<u8>)>, DbError> {
    let sql = include_str!("queries/latest.sql");
    read(db, sql, filter, before.unwrap_or(i64::MAX), rows).await
}

/// The entries after one, the oldest first, each with its hash.
pub async fn oldest(
    db: &Db,
    filter: &Filter,
    after: i64,
    rows: i64,
) -> Result<Vec<(Entry, Vec<u8>)>, DbError> {
    let sql = include_str!("queries/oldest.sql");
    read(db, sql, filter, after, rows).await
}

async fn read(
    db: &Db,
    sql: &str,
    filter: &Filter,
    from: i64,
    rows: i64,
) -> Result<Vec<(Entry, Vec<u8>)>, DbError> {
    let rows = db
        .query(
            sql,
            &[
                &from,
                &rows,
                &filter.tenant_id,
                &filter.actor,
                &filter.action,
                &filter.from,
                &filter.to,
            ],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| (entry_of(row), row.get("hash")))
        .collect())
}

pub(crate) fn entry_of(row: &Row) -> Entry {
    Entry {
        seq: row.get("seq"),
        at: row.get("at"),
        consumer: row.get("consumer"),
        actor: row.get("actor"),
        request_id: row.get("request_id"),
        action: row.get("action"),
        tenant_id: row.get("tenant_id"),
        subject: row.get("subject"),
        before: row.get("before"),
        after: row.get("after"),
    }
}
