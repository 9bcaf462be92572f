//! Accounts.

use crate::features::accounts::domain::email::Email;
use crate::features::accounts::domain::role::Role;
use jiff::Timestamp;
use pg::{Db, DbError, Transaction};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// An account.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) id: Uuid,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) password_hash: String,
    pub(crate) role: Role,
    pub(crate) email_verified: bool,
    /// The password is one that somebody else made.
    pub(crate) must_change_password: bool,
    pub(crate) disabled_at: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
}

pub(crate) async fn find(db: &Db, id: Uuid) -> Result<Option<Account>, DbError> {
    let row = db
        .query_opt(include_str!("queries/find.sql"), &[&id])
        .await?;
    Ok(row.as_ref().map(account_of))
}

/// The same, within a transaction.
pub(crate) async fn read(transaction: &Transaction, id: Uuid) -> Result<Option<Account>, DbError> {
    let sql = include_str!("queries/find.sql");
    Ok(transaction
        .query_opt(sql, &[&id])
        .await?
        .as_ref()
        .map(account_of))
}

/// The account, unchanged by others until the transaction ends.
pub(crate) async fn lock(transaction: &Transaction, id: Uuid) -> Result<Option<Account>, DbError> {
    let sql = include_str!("queries/lock.sql");
    Ok(transaction
        .query_opt(sql, &[&id])
        .await?
        .as_ref()
        .map(account_of))
}

pub(crate) async fn find_by_email(db: &Db, email: &Email) -> Result<Option<Account>, DbError> {
    let sql = include_str!("queries/find_by_email.sql");
    Ok(db
        .query_opt(sql, &[&email.key()])
        .await?
        .as_ref()
        .map(account_of))
}

/// Accounts in the order in which they were made.
pub(crate) async fn list(
    db: &Db,
    after: Option<Uuid>,
    rows: i64,
    email: Option<&Email>,
) -> Result<Vec<Account>, DbError> {
    let key = email.map(Email::key);
    let sql = include_str!("queries/list.sql");
    let rows = db.query(sql, &[&after, &rows, &key]).await?;
    Ok(rows.iter().map(account_of).collect())
}

/// From here to the end of the transaction nobody else takes the address. The index alone would refuse the second of two
/// with an error, which PostgreSQL writes into its log with the address.
async fn claim(transaction: &Transaction, key: &str) -> Result<(), DbError> {
    let sql = include_str!("queries/claim_email.sql");
    transaction.query(sql, &[&key]).await.map(|_| ())
}

/// False when the address is taken.
pub(crate) async fn insert(transaction: &Transaction, account: &Account) -> Result<bool, DbError> {
    let key = account.email.to_lowercase();
    claim(transaction, &key).await?;
    let made = transaction
        .execute(
            include_str!("queries/insert.sql"),
            &[
                &account.id,
                &account.email,
                &key,
                &account.name,
                &account.password_hash,
                &account.role.as_str(),
                &account.email_verified,
                &account.must_change_password,
                &account.created_at,
            ],
        )
        .await?;
    Ok(made == 1)
}

/// `must_change`: the password is only for the next sign-in.
pub(crate) async fn set_password(
    transaction: &Transaction,
    id: Uuid,
    hash: &str,
    must_change: bool,
) -> Result<(), DbError> {
    let sql = include_str!("queries/set_password.sql");
    set(transaction, sql, &[&id, &hash, &must_change]).await
}

/// The same password, hashed with the present costs; unless it has been changed since.
pub(crate) async fn renew_hash(db: &Db, id: Uuid, old: &str, fresh: &str) -> Result<(), DbError> {
    let sql = include_str!("queries/renew_hash.sql");
    db.query(sql, &[&id, &old, &fresh]).await.map(|_| ())
}

pub(crate) async fn set_name(
    transaction: &Transaction,
    id: Uuid,
    name: &str,
) -> Result<(), DbError> {
    set(
        transaction,
        include_str!("queries/set_name.sql"),
        &[&id, &name],
    )
    .await
}

/// Another address, known to be the owner's; false when it is another account's.
pub(crate) async fn set_email(
    transaction: &Transaction,
    id: Uuid,
    email: &Email,
) -> Result<bool, DbError> {
    let key = email.key();
    claim(transaction, &key).await?;
    let sql = include_str!("queries/set_email.sql");
    let rows = transaction
        .execute(sql, &[&id, &email.as_str(), &key])
        .await?;
    Ok(rows == 1)
}

pub(crate) async fn set_role(
    transaction: &Transaction,
    id: Uuid,
    role: Role,
) -> Result<(), DbError> {
    let sql = include_str!("queries/set_role.sql");
    set(transaction, sql, &[&id, &role.as_str()]).await
}

pub(crate) async fn set_disabled(
    transaction: &Transaction,
    id: Uuid,
    is_disabled: bool,
) -> Result<(), DbError> {
    let sql = include_str!("queries/set_disabled.sql");
    set(transaction, sql, &[&id, &is_disabled]).await
}

pub(crate) async fn set_verified(transaction: &Transaction, id: Uuid) -> Result<(), DbError> {
    set(
        transaction,
        include_str!("queries/set_verified.sql"),
        &[&id],
    )
    .await
}

pub(crate) async fn delete(transaction: &Transaction, id: Uuid) -> Result<(), DbError> {
    set(transaction, include_str!("queries/delete.sql"), &[&id]).await
}

/// How many admins can sign in. None of them stops being one until the transaction ends: two who demote each other must not
/// both find another one left. Ask before any account is locked, so that all wait in one order.
pub(crate) async fn lock_admins(transaction: &Transaction) -> Result<usize, DbError> {
    let sql = include_str!("queries/lock_admins.sql");
    Ok(transaction.query(sql, &[]).await?.len())
}

async fn set(
    transaction: &Transaction,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<(), DbError> {
    transaction.execute(sql, parameters).await.map(|_| ())
}

fn account_of(row: &Row) -> Account {
    Account {
        id: row.get("id"),
        email: row.get("email"),
        name: row.get("name"),
        password_hash: row.get("password_hash"),
        // The column's own check admits no other text; were there one, it would permit the least.
        role: Role::parse(row.get("role")).unwrap_or(Role::User),
        email_verified: row.get("email_verified"),
        must_change_password: row.get("must_change_password"),
        disabled_at: row.get("disabled_at"),
        created_at: row.get("created_at"),
    }
}
