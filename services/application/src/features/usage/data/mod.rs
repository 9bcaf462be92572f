//! What counting needs of PostgreSQL.

use jiff::Timestamp;
use pg::{DbError, Transaction};
use uuid::Uuid;

/// From here to the end of the transaction nobody else asks whether there is room for more bytes.
pub(crate) async fn lock_storage(transaction: &Transaction, tenant: Uuid) -> Result<(), DbError> {
    let (sql, tenant) = (include_str!("queries/lock_storage.sql"), tenant.to_string());
    transaction.query(sql, &[&tenant]).await.map(|_| ())
}

/// The database's time: counts of several workers stand in its order.
pub(crate) async fn counted_at(transaction: &Transaction) -> Result<Timestamp, DbError> {
    let rows = transaction.query(include_str!("queries/counted_at.sql"), &[]);
    Ok(rows.await?.first().map_or(Timestamp::MIN, |row| row.get(0)))
}
