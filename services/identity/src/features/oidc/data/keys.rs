//! Signing keys, sealed.

use jiff::Timestamp;
use pg::{Db, DbError, Transaction};
use tokio_postgres::Row;

/// A key as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) kid: String,
    pub(crate) sealed: Vec<u8>,
    pub(crate) created_at: Timestamp,
    /// From then on it signs.
    pub(crate) signs_from: Timestamp,
}

/// All keys, the latest to sign last.
pub(crate) async fn list(db: &Db) -> Result<Vec<Kept>, DbError> {
    let rows = db.query(include_str!("queries/list_keys.sql"), &[]).await?;
    Ok(rows.iter().map(key_of).collect())
}

/// The same; and from here to the end of the transaction nobody else makes keys.
pub(crate) async fn list_locked(transaction: &Transaction) -> Result<Vec<Kept>, DbError> {
    let sql = include_str!("queries/lock_keys.sql");
    transaction.query(sql, &[]).await?;
    let sql = include_str!("queries/list_keys.sql");
    Ok(transaction
        .query(sql, &[])
        .await?
        .iter()
        .map(key_of)
        .collect())
}

pub(crate) async fn insert(transaction: &Transaction, key: &Kept) -> Result<(), DbError> {
    let sql = include_str!("queries/insert_key.sql");
    transaction
        .execute(sql, &[&key.kid, &key.sealed, &key.signs_from])
        .await
        .map(|_| ())
}

/// False when there is no such key.
pub(crate) async fn remove(transaction: &Transaction, kid: &str) -> Result<bool, DbError> {
    let sql = include_str!("queries/delete_key.sql");
    Ok(transaction.execute(sql, &[&kid]).await? == 1)
}

fn key_of(row: &Row) -> Kept {
    Kept {
        kid: row.get("kid"),
        sealed: row.get("sealed"),
        created_at: row.get("created_at"),
        signs_from: row.get("signs_from"),
    }
}
