//! Questions that wait for their answer.

use pg::{Db, DbError};

pub(crate) async fn insert(db: &Db, token_hash: &[u8]) -> Result<(), DbError> {
    let sql = include_str!("queries/insert_challenge.sql");
    db.query(sql, &[&token_hash]).await.map(|_| ())
}

/// Uses a question up; false when there is none, or it is too old.
pub(crate) async fn take(db: &Db, token_hash: &[u8]) -> Result<bool, DbError> {
    let sql = include_str!("queries/take_challenge.sql");
    let row = db.query_opt(sql, &[&token_hash]).await?;
    Ok(row.is_some_and(|row| row.get("is_good")))
}

/// Removes what has ended.
pub(crate) async fn prune(db: &Db) -> Result<(), DbError> {
    let sql = include_str!("queries/prune_challenges.sql");
    db.query(sql, &[]).await.map(|_| ())
}
