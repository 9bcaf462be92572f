//! Passkeys.

use crate::features::passkeys::domain::assertion::Known;
use crate::features::passkeys::domain::registration::NewPasskey;
use jiff::Timestamp;
use pg::{Db, DbError, Transaction};
use uuid::Uuid;

/// A passkey, as its owner sees it.
#[derive(Debug)]
pub(crate) struct Passkey {
    pub(crate) id: Uuid,
    pub(crate) credential_id: Vec<u8>,
    pub(crate) name: String,
    pub(crate) created_at: Timestamp,
    pub(crate) last_used_at: Option<Timestamp>,
}

/// A passkey that somebody signs in with.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) id: Uuid,
    pub(crate) account: Uuid,
    pub(crate) known: Known,
}

/// Whom authenticators know the account as: `fresh`, unless there is a handle already.
pub(crate) async fn handle(db: &Db, account: Uuid, fresh: &[u8]) -> Result<Vec<u8>, DbError> {
    let sql = include_str!("queries/put_owner.sql");
    let row = db.query_opt(sql, &[&account, &fresh]).await?;
    Ok(row.map_or_else(|| fresh.to_vec(), |row| row.get("handle")))
}

/// False when some account has a passkey of this name.
pub(crate) async fn insert(
    transaction: &Transaction,
    id: Uuid,
    account: Uuid,
    name: &str,
    passkey: &NewPasskey,
) -> Result<bool, DbError> {
    let sql = include_str!("queries/insert.sql");
    let made = transaction
        .execute(
            sql,
            &[
                &id,
                &account,
                &passkey.credential_id,
                &name,
                &passkey.algorithm.number(),
                &passkey.public_key,
                &i64::from(passkey.counter),
                &passkey.backup_eligible,
            ],
        )
        .await?;
    Ok(made == 1)
}

pub(crate) async fn list(db: &Db, account: Uuid) -> Result<Vec<Passkey>, DbError> {
    let rows = db
        .query(include_str!("queries/list.sql"), &[&account])
        .await?;
    let passkeys = rows.iter().map(|row| Passkey {
        id: row.get("id"),
        credential_id: row.get("credential_id"),
        name: row.get("name"),
        created_at: row.get("created_at"),
        last_used_at: row.get("last_used_at"),
    });
    Ok(passkeys.collect())
}

/// How many an account has.
pub(crate) async fn count(transaction: &Transaction, account: Uuid) -> Result<i64, DbError> {
    let sql = include_str!("queries/count.sql");
    let row = transaction.query_opt(sql, &[&account]).await?;
    Ok(row.map_or(0, |row| row.get("count")))
}

/// The passkey that an authenticator knows by this name.
pub(crate) async fn find(db: &Db, credential_id: &[u8]) -> Result<Option<Found>, DbError> {
    let sql = include_str!("queries/find.sql");
    let row = db.query_opt(sql, &[&credential_id]).await?;
    Ok(row.map(|row| Found {
        id: row.get("id"),
        account: row.get("account_id"),
        known: Known {
            user_handle: row.get("handle"),
            algorithm: row.get("algorithm"),
            public_key: row.get("public_key"),
            backup_eligible: row.get("backup_eligible"),
        },
    }))
}

/// It is used, and has counted further; false when it has not, or is gone. Authenticators that do not count always say zero.
pub(crate) async fn use_it(
    transaction: &Transaction,
    id: Uuid,
    counter: u32,
) -> Result<bool, DbError> {
    let sql = include_str!("queries/use.sql");
    let counter = i64::from(counter);
    Ok(transaction.execute(sql, &[&id, &counter]).await? == 1)
}

/// False when the account has no such passkey.
pub(crate) async fn rename(
    transaction: &Transaction,
    id: Uuid,
    account: Uuid,
    name: &str,
) -> Result<bool, DbError> {
    let sql = include_str!("queries/rename.sql");
    Ok(transaction.execute(sql, &[&id, &account, &name]).await? == 1)
}

/// Gives its name; `None` when the account has no such passkey.
pub(crate) async fn delete(
    transaction: &Transaction,
    id: Uuid,
    account: Uuid,
) -> Result<Option<String>, DbError> {
    let sql = include_str!("queries/delete.sql");
    let row = transaction.query_opt(sql, &[&id, &account]).await?;
    Ok(row.map(|row| row.get("name")))
}

/// Removes all passkeys of an account; says how many there were.
pub(crate) async fn delete_all(transaction: &Transaction, account: Uuid) -> Result<u64, DbError> {
    let sql = include_str!("queries/delete_all.sql");
    transaction.execute(sql, &[&account]).await
}

/// Removes everything of an account.
pub(crate) async fn purge(transaction: &Transaction, account: Uuid) -> Result<(), DbError> {
    let sql = include_str!("queries/delete_owner.sql");
    transaction.execute(sql, &[&account]).await.map(|_| ())
}
