//! The table of requests that must not be done twice.

use super::Kept;
use pg::{Db, DbError, RowContext, Transaction};

/// The request of a key, once nobody else is at work on it.
pub(crate) async fn find(
    transaction: &Transaction,
    context: &RowContext,
    key: &str,
) -> Result<Option<Kept>, DbError> {
    let tenant = context.tenant_id.to_string();
    let lock = include_str!("queries/lock_key.sql");
    transaction
        .query(lock, &[&tenant, &context.user_id, &key])
        .await?;
    let sql = include_str!("queries/find_request.sql");
    let row = transaction
        .query_opt(sql, &[&context.tenant_id, &context.user_id, &key])
        .await?;
    Ok(row.map(|row| Kept {
        digest: row.get("digest"),
        location: row.get("location"),
        etag: row.get("etag"),
        body: row.get("body"),
    }))
}

/// Remembers what was answered.
pub(crate) async fn keep(
    transaction: &Transaction,
    context: &RowContext,
    key: &str,
    kept: &Kept,
) -> Result<(), DbError> {
    transaction
        .execute(
            include_str!("queries/keep_request.sql"),
            &[
                &context.tenant_id,
                &context.user_id,
                &key,
                &kept.digest,
                &kept.location,
                &kept.etag,
                &kept.body,
            ],
        )
        .await
        .map(|_| ())
}

/// Forgets what is over a day old.
pub(crate) async fn forget_old(db: &Db) -> Result<(), DbError> {
    let sql = include_str!("queries/forget_old.sql");
    db.query(sql, &[]).await.map(|_| ())
}
