//! Sessions.

use jiff::Timestamp;
use pg::{Db, DbError, Transaction};
use tokio_postgres::Row;
use uuid::Uuid;

/// A session.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) id: Uuid,
    pub(crate) account: Uuid,
    pub(crate) created_at: Timestamp,
    /// When the person last proved who it is.
    pub(crate) auth_time: Timestamp,
    /// How (RFC 8176).
    pub(crate) methods: Vec<String>,
    pub(crate) last_seen_at: Timestamp,
    pub(crate) agent: String,
    pub(crate) address: String,
}

/// Begins a session, or renews it where there is one of this id.
pub(crate) async fn put(
    transaction: &Transaction,
    session: &Session,
    token_hash: &[u8],
    max_days: i32,
    is_new: bool,
) -> Result<(), DbError> {
    let (at, id) = (&session.auth_time, &session.id);
    let (agent, address, methods) = (&session.agent, &session.address, &session.methods);
    let done = if is_new {
        let sql = include_str!("queries/insert_session.sql");
        let account = &session.account;
        transaction
            .execute(
                sql,
                &[
                    id,
                    &token_hash,
                    account,
                    at,
                    methods,
                    &max_days,
                    agent,
                    address,
                ],
            )
            .await
    } else {
        let sql = include_str!("queries/renew_session.sql");
        transaction
            .execute(
                sql,
                &[id, &token_hash, at, methods, &max_days, agent, address],
            )
            .await
    };
    done.map(|_| ())
}

pub(crate) async fn find(
    db: &Db,
    token_hash: &[u8],
    idle_days: i32,
) -> Result<Option<Session>, DbError> {
    let sql = include_str!("queries/find_session.sql");
    let row = db.query_opt(sql, &[&token_hash, &idle_days]).await?;
    Ok(row.as_ref().map(session_of))
}

/// It is in use; written once a minute at most.
pub(crate) async fn touch(db: &Db, id: Uuid) -> Result<(), DbError> {
    let sql = include_str!("queries/touch_session.sql");
    db.query(sql, &[&id]).await.map(|_| ())
}

/// Its client got tokens: it is in use, and stays as long as they can be refreshed. False when it has ended.
pub(crate) async fn keep(
    transaction: &Transaction,
    id: Uuid,
    refresh_until: Option<Timestamp>,
) -> Result<bool, DbError> {
    let sql = include_str!("queries/keep_session.sql");
    Ok(transaction.execute(sql, &[&id, &refresh_until]).await? == 1)
}

/// Keeps others from ending it until the transaction ends; false when it has ended.
pub(crate) async fn hold(transaction: &Transaction, id: Uuid) -> Result<bool, DbError> {
    let sql = include_str!("queries/hold_session.sql");
    Ok(transaction.query_opt(sql, &[&id]).await?.is_some())
}

/// Those that a browser is signed in by, and those whose tokens can be refreshed.
pub(crate) async fn list(db: &Db, account: Uuid, idle_days: i32) -> Result<Vec<Session>, DbError> {
    let sql = include_str!("queries/list_sessions.sql");
    let rows = db.query(sql, &[&account, &idle_days]).await?;
    Ok(rows.iter().map(session_of).collect())
}

/// False when the account has no such session.
pub(crate) async fn delete(
    transaction: &Transaction,
    id: Uuid,
    account: Uuid,
) -> Result<bool, DbError> {
    let sql = include_str!("queries/delete_session.sql");
    Ok(transaction.execute(sql, &[&id, &account]).await? == 1)
}

/// Ends every session of an account, but one; unfinished sign-ins too.
pub(crate) async fn end_all(
    transaction: &Transaction,
    account: Uuid,
    but: Option<Uuid>,
) -> Result<(), DbError> {
    let sql = include_str!("queries/delete_sessions.sql");
    transaction.execute(sql, &[&account, &but]).await?;
    let sql = include_str!("queries/delete_attempts.sql");
    transaction.execute(sql, &[&account]).await.map(|_| ())
}

/// Removes what has ended.
pub(crate) async fn prune(db: &Db, idle_days: i32) -> Result<(), DbError> {
    db.query(include_str!("queries/prune_sessions.sql"), &[&idle_days])
        .await?;
    db.query(include_str!("queries/prune_attempts.sql"), &[])
        .await
        .map(|_| ())
}

fn session_of(row: &Row) -> Session {
    Session {
        id: row.get("id"),
        account: row.get("account_id"),
        created_at: row.get("created_at"),
        auth_time: row.get("auth_time"),
        methods: row.get("methods"),
        last_seen_at: row.get("last_seen_at"),
        agent: row.get("agent"),
        address: row.get("address"),
    }
}
