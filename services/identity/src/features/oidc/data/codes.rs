//! Authorization codes.

use super::families::{Family, family_of};
use pg::{Db, DbError, Transaction};

/// A code that somebody showed.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) family: Family,
    pub(crate) redirect_uri: String,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: String,
    pub(crate) was_used: bool,
    pub(crate) is_late: bool,
}

pub(crate) async fn insert(
    transaction: &Transaction,
    code_hash: &[u8],
    code: &Code,
    valid_s: f64,
) -> Result<(), DbError> {
    let (family, redirect_uri) = (&code.family.id, &code.redirect_uri);
    let (nonce, challenge) = (&code.nonce, &code.challenge);
    let sql = include_str!("queries/insert_code.sql");
    transaction
        .execute(
            sql,
            &[&code_hash, family, redirect_uri, nonce, challenge, &valid_s],
        )
        .await
        .map(|_| ())
}

/// The code of a hash; it and its family are kept for this transaction.
pub(crate) async fn find(
    transaction: &Transaction,
    code_hash: &[u8],
) -> Result<Option<Code>, DbError> {
    let sql = include_str!("queries/find_code.sql");
    let row = transaction.query_opt(sql, &[&code_hash]).await?;
    Ok(row.map(|row| Code {
        family: family_of(&row),
        redirect_uri: row.get("redirect_uri"),
        nonce: row.get("nonce"),
        challenge: row.get("code_challenge"),
        was_used: row.get("used"),
        is_late: row.get("is_late"),
    }))
}

pub(crate) async fn take(transaction: &Transaction, code_hash: &[u8]) -> Result<(), DbError> {
    let sql = include_str!("queries/use_code.sql");
    transaction.execute(sql, &[&code_hash]).await.map(|_| ())
}

/// Removes what has ended, but not before a second use could be noticed.
pub(crate) async fn prune(db: &Db) -> Result<(), DbError> {
    let sql = include_str!("queries/prune_codes.sql");
    db.query(sql, &[]).await.map(|_| ())
}
