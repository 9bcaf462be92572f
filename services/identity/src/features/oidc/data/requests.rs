//! Authorization requests that wait for a sign-in.

use jiff::Timestamp;
use pg::{Db, DbError, Transaction};
use uuid::Uuid;

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) scope: String,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) code_challenge: String,
    pub(crate) login_hint: Option<String>,
    /// Only a sign-in after this answers it.
    pub(crate) signed_after: Option<Timestamp>,
    /// Only a sign-in of this account answers it.
    pub(crate) account: Option<Uuid>,
}

pub(crate) async fn insert(db: &Db, flow: &str, request: &Request) -> Result<(), DbError> {
    db.query(
        include_str!("queries/insert_request.sql"),
        &[
            &flow,
            &request.client_id,
            &request.redirect_uri,
            &request.scope,
            &request.state,
            &request.nonce,
            &request.code_challenge,
            &request.login_hint,
            &request.signed_after,
            &request.account,
        ],
    )
    .await
    .map(|_| ())
}

pub(crate) async fn find(db: &Db, flow: &str) -> Result<Option<Request>, DbError> {
    let sql = include_str!("queries/find_request.sql");
    let row = db.query_opt(sql, &[&flow]).await?;
    Ok(row.map(|row| Request {
        client_id: row.get("client_id"),
        redirect_uri: row.get("redirect_uri"),
        scope: row.get("scope"),
        state: row.get("state"),
        nonce: row.get("nonce"),
        code_challenge: row.get("code_challenge"),
        login_hint: row.get("login_hint"),
        signed_after: row.get("signed_after"),
        account: row.get("account_id"),
    }))
}

/// Uses a request up; false when somebody else did.
pub(crate) async fn take(transaction: &Transaction, flow: &str) -> Result<bool, DbError> {
    let sql = include_str!("queries/delete_request.sql");
    Ok(transaction.execute(sql, &[&flow]).await? == 1)
}

/// Removes what has ended.
pub(crate) async fn prune(db: &Db) -> Result<(), DbError> {
    let sql = include_str!("queries/prune_requests.sql");
    db.query(sql, &[]).await.map(|_| ())
}
