//! Which request a caller's idempotency key belongs to.

use pg::{Db, DbError, Transaction};
use uuid::Uuid;

/// The request of a key, as a digest, and the tenant that it made.
pub(crate) async fn find(
    transaction: &Transaction,
    consumer: &str,
    key: &str,
) -> Result<Option<(Vec<u8>, Uuid)>, DbError> {
    // Two requests with one key come one after the other.
    transaction
        .query(
            include_str!("queries/lock_idempotency.sql"),
            &[&consumer, &key],
        )
        .await?;
    let row = transaction
        .query_opt(
            include_str!("queries/find_idempotency.sql"),
            &[&consumer, &key],
        )
        .await?;
    Ok(row.map(|row| (row.get("request"), row.get("tenant_id"))))
}

pub(crate) async fn insert(
    transaction: &Transaction,
    consumer: &str,
    key: &str,
    request: &[u8],
    tenant: Uuid,
) -> Result<(), DbError> {
    transaction
        .execute(
            include_str!("queries/insert_idempotency.sql"),
            &[&consumer, &key, &request, &tenant],
        )
        .await
        .map(|_| ())
}

/// Forgets the keys of more than a day ago.
pub(crate) async fn prune(db: &Db) -> Result<(), DbError> {
    db.query(include_str!("queries/prune_idempotency.sql"), &[])
        .await
        .map(|_| ())
}
