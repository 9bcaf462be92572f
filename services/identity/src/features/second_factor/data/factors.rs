//! Factors and recovery codes.

use pg::{Db, DbError, Transaction};
use uuid::Uuid;

/// A factor.
#[derive(Debug)]
pub(crate) struct Factor {
    pub(crate) sealed: Vec<u8>,
    pub(crate) confirmed: bool,
    pub(crate) last_step: i64,
}

/// Keeps a secret that is still to be confirmed; one that is confirmed stays.
pub(crate) async fn put(
    transaction: &Transaction,
    account: Uuid,
    sealed: &[u8],
) -> Result<bool, DbError> {
    let sql = include_str!("queries/put_factor.sql");
    Ok(transaction.execute(sql, &[&account, &sealed]).await? == 1)
}

pub(crate) async fn find(db: &Db, account: Uuid) -> Result<Option<Factor>, DbError> {
    let sql = include_str!("queries/find_factor.sql");
    let row = db.query_opt(sql, &[&account]).await?;
    Ok(row.map(|row| Factor {
        sealed: row.get("sealed"),
        confirmed: row.get("confirmed"),
        last_step: row.get("last_step"),
    }))
}

/// Uses up a step; false when it, or a later one, was used meanwhile.
pub(crate) async fn use_step(
    transaction: &Transaction,
    account: Uuid,
    step: i64,
) -> Result<bool, DbError> {
    let sql = include_str!("queries/use_step.sql");
    Ok(transaction.execute(sql, &[&account, &step]).await? == 1)
}

/// Whether an account is asked for it.
pub(crate) async fn is_on(db: &Db, account: Uuid) -> Result<bool, DbError> {
    let sql = include_str!("queries/is_on.sql");
    Ok(db.query_opt(sql, &[&account]).await?.is_some())
}

/// Replaces all recovery codes.
pub(crate) async fn put_codes(
    transaction: &Transaction,
    account: Uuid,
    hashes: &[Vec<u8>],
) -> Result<(), DbError> {
    let sql = include_str!("queries/delete_codes.sql");
    transaction.execute(sql, &[&account]).await?;
    for hash in hashes {
        let sql = include_str!("queries/insert_code.sql");
        transaction.execute(sql, &[&account, hash]).await?;
    }
    Ok(())
}

/// Uses up a recovery code; false when there is no such one.
pub(crate) async fn use_code(
    transaction: &Transaction,
    account: Uuid,
    hash: &[u8],
) -> Result<bool, DbError> {
    let sql = include_str!("queries/use_code.sql");
    Ok(transaction.execute(sql, &[&account, &hash]).await? == 1)
}

/// Removes everything of an account.
pub(crate) async fn purge(transaction: &Transaction, account: Uuid) -> Result<(), DbError> {
    let sql = include_str!("queries/delete_factor.sql");
    transaction.execute(sql, &[&account]).await?;
    let sql = include_str!("queries/delete_codes.sql");
    transaction.execute(sql, &[&account]).await.map(|_| ())
}
