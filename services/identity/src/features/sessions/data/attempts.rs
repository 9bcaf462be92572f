//! Sign-ins whose password was right and that are not finished.

use pg::{Db, DbError, Transaction};
use uuid::Uuid;

/// An unfinished sign-in.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) account: Uuid,
    /// The authorization request to go on with.
    pub(crate) flow: Option<String>,
    /// The second factor is still to come.
    pub(crate) needs_code: bool,
    pub(crate) used_code: bool,
}

impl Attempt {
    /// How the person has proved who it is, once nothing is to come any more (RFC 8176).
    pub(crate) const fn methods(&self) -> &'static [&'static str] {
        if self.used_code {
            &["pwd", "otp", "mfa"]
        } else {
            &["pwd"]
        }
    }
}

pub(crate) async fn insert(db: &Db, token_hash: &[u8], attempt: &Attempt) -> Result<(), DbError> {
    let sql = include_str!("queries/insert_attempt.sql");
    let (account, flow, needs_code) = (&attempt.account, &attempt.flow, &attempt.needs_code);
    db.query(sql, &[&token_hash, account, flow, needs_code])
        .await
        .map(|_| ())
}

pub(crate) async fn find(db: &Db, token_hash: &[u8]) -> Result<Option<Attempt>, DbError> {
    let sql = include_str!("queries/find_attempt.sql");
    let row = db.query_opt(sql, &[&token_hash]).await?;
    Ok(row.map(|row| Attempt {
        account: row.get("account_id"),
        flow: row.get("flow"),
        needs_code: row.get("needs_code"),
        used_code: row.get("used_code"),
    }))
}

/// The second factor was right.
pub(crate) async fn pass_code(db: &Db, token_hash: &[u8]) -> Result<(), DbError> {
    let sql = include_str!("queries/pass_code.sql");
    db.query(sql, &[&token_hash]).await.map(|_| ())
}

pub(crate) async fn delete(transaction: &Transaction, token_hash: &[u8]) -> Result<(), DbError> {
    let sql = include_str!("queries/delete_attempt.sql");
    transaction.execute(sql, &[&token_hash]).await.map(|_| ())
}
