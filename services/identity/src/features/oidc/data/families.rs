//! Families: what began with one sign-in to one client, and its refresh tokens.

use jiff::Timestamp;
use pg::{Db, DbError, Transaction};
use tokio_postgres::Row;
use uuid::Uuid;

/// A family.
#[derive(Debug, Clone)]
pub(crate) struct Family {
    pub(crate) id: Uuid,
    pub(crate) client_id: String,
    pub(crate) account: Uuid,
    pub(crate) session: Uuid,
    pub(crate) scope: String,
    pub(crate) auth_time: Timestamp,
    pub(crate) methods: Vec<String>,
    /// Revoked, or past its end.
    pub(crate) is_over: bool,
}

/// A refresh token that somebody showed.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) family: Family,
    pub(crate) was_used: bool,
    pub(crate) is_late: bool,
}

pub(crate) async fn insert(
    transaction: &Transaction,
    family: &Family,
    max_days: i32,
) -> Result<(), DbError> {
    transaction
        .execute(
            include_str!("queries/insert_family.sql"),
            &[
                &family.id,
                &family.client_id,
                &family.account,
                &family.session,
                &family.scope,
                &family.auth_time,
                &family.methods,
                &pg::now(),
                &max_days,
            ],
        )
        .await
        .map(|_| ())
}

/// The token of a hash; it and its family are kept for this transaction.
pub(crate) async fn show(
    transaction: &Transaction,
    token_hash: &[u8],
) -> Result<Option<Shown>, DbError> {
    let sql = include_str!("queries/find_token.sql");
    let row = transaction.query_opt(sql, &[&token_hash]).await?;
    Ok(row.map(|row| Shown {
        family: family_of(&row),
        was_used: row.get("used"),
        is_late: row.get("is_late"),
    }))
}

/// The family's next token; gives its end, which is the family's at the latest.
pub(crate) async fn add_token(
    transaction: &Transaction,
    family: Uuid,
    token_hash: &[u8],
    idle_days: i32,
) -> Result<Option<Timestamp>, DbError> {
    let sql = include_str!("queries/insert_token.sql");
    let row = transaction
        .query_opt(sql, &[&token_hash, &family, &idle_days])
        .await?;
    Ok(row.map(|row| row.get("expires_at")))
}

pub(crate) async fn use_token(transaction: &Transaction, token_hash: &[u8]) -> Result<(), DbError> {
    let sql = include_str!("queries/use_token.sql");
    transaction.execute(sql, &[&token_hash]).await.map(|_| ())
}

pub(crate) async fn revoke(transaction: &Transaction, family: Uuid) -> Result<(), DbError> {
    let sql = include_str!("queries/revoke_family.sql");
    transaction.execute(sql, &[&family]).await.map(|_| ())
}

/// Revokes what came of an account's session.
pub(crate) async fn end_session(
    transaction: &Transaction,
    session: Uuid,
    account: Uuid,
) -> Result<(), DbError> {
    let sql = include_str!("queries/revoke_of_session.sql");
    transaction
        .execute(sql, &[&session, &account])
        .await
        .map(|_| ())
}

/// Revokes everything of an account, but what came of one session.
pub(crate) async fn end_all(
    transaction: &Transaction,
    account: Uuid,
    but_session: Option<Uuid>,
) -> Result<(), DbError> {
    let sql = include_str!("queries/revoke_of_account.sql");
    transaction
        .execute(sql, &[&account, &but_session])
        .await
        .map(|_| ())
}

/// Removes everything of an account.
pub(crate) async fn purge(transaction: &Transaction, account: Uuid) -> Result<(), DbError> {
    let sql = include_str!("queries/purge_families.sql");
    transaction.execute(sql, &[&account]).await.map(|_| ())
}

/// Removes what has ended.
pub(crate) async fn prune(db: &Db) -> Result<(), DbError> {
    let sql = include_str!("queries/prune_families.sql");
    db.query(sql, &[]).await.map(|_| ())
}

pub(super) fn family_of(row: &Row) -> Family {
    Family {
        id: row.get("id"),
        client_id: row.get("client_id"),
        account: row.get("account_id"),
        session: row.get("session_id"),
        scope: row.get("scope"),
        auth_time: row.get("auth_time"),
        methods: row.get("methods"),
        is_over: row.get("is_over"),
    }
}
