//! Messages in PostgreSQL, sealed.

use super::Letter;
use fault::Fault;
use jiff::Timestamp;
use pg::{Db, DbError, Transaction};
use tokio_postgres::types::ToSql;
use uuid::Uuid;
use vault::Vault;

/// A mail that is due.
#[derive(Debug)]
pub(super) struct Due {
    pub(super) id: Uuid,
    pub(super) sealed: Vec<u8>,
    pub(super) attempts: i32,
    /// It was tried for long enough.
    pub(super) is_old: bool,
    /// What it tells of has ended.
    pub(super) is_over: bool,
}

fn place(id: Uuid) -> String {
    format!("outbox/{id}")
}

/// A mail as it is kept.
pub(super) fn seal(vault: &Vault, id: Uuid, letter: &Letter) -> Result<Vec<u8>, Fault> {
    let text = serde_json::to_string(letter);
    let text = text.map_err(|error| Fault::broken("a mail cannot be written", error))?;
    let sealed = vault.seal(&place(id), &text);
    sealed.map_err(|error| Fault::broken("a mail cannot be sealed", error))
}

/// What a mail says.
pub(super) fn open(vault: &Vault, due: &Due) -> Result<Letter, Fault> {
    let text = vault.unseal(&place(due.id), &due.sealed);
    let text = text.map_err(|error| Fault::broken("a mail cannot be opened", error))?;
    serde_json::from_str(&text).map_err(|error| Fault::broken("a mail cannot be read", error))
}

pub(super) async fn insert(
    transaction: &Transaction,
    id: Uuid,
    sealed: &[u8],
    until: Option<Timestamp>,
) -> Result<(), DbError> {
    let sql = include_str!("queries/insert.sql");
    let parameters: [&(dyn ToSql + Sync); 3] = [&id, &sealed, &until];
    transaction.execute(sql, &parameters).await.map(|_| ())
}

pub(super) async fn remove(transaction: &Transaction, id: Uuid) -> Result<(), DbError> {
    let sql = include_str!("queries/delete.sql");
    transaction.execute(sql, &[&id]).await.map(|_| ())
}

/// One that is due, claimed for a minute. More at once could be sent too late: they take up to ten seconds each.
pub(super) async fn claim(db: &Db) -> Result<Option<Due>, DbError> {
    let row = db.query_opt(include_str!("queries/claim.sql"), &[]).await?;
    Ok(row.map(|row| Due {
        id: row.get("id"),
        sealed: row.get("sealed"),
        attempts: row.get("attempts"),
        is_old: row.get("is_old"),
        is_over: row.get("is_over"),
    }))
}

pub(super) async fn delete(db: &Db, id: Uuid) -> Result<(), DbError> {
    db.query(include_str!("queries/delete.sql"), &[&id])
        .await
        .map(|_| ())
}

pub(super) async fn postpone(db: &Db, id: Uuid, delay_s: f64) -> Result<(), DbError> {
    db.query(include_str!("queries/postpone.sql"), &[&id, &delay_s])
        .await
        .map(|_| ())
}
