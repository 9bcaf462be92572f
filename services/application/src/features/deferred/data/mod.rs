//! The table of operations.

use super::{Claimed, Operation};
use jiff::Timestamp;
use pg::{Db, DbError, RowContext, Transaction};
use serde::Serialize;
use std::time::Duration;
use uuid::Uuid;

/// An operation that is not done, for the operator.
#[derive(Debug, Serialize)]
pub(crate) struct Open {
    id: Uuid,
    kind: String,
    tenant_id: Uuid,
    subject: Uuid,
    state: String,
    attempts: i32,
    failures: i32,
    due_at: Timestamp,
    created_at: Timestamp,
    last_error: Option<String>,
}

/// Queues an operation in somebody's name; one that is queued or done under the same key stays the only one.
pub(crate) async fn queue(
    transaction: &Transaction,
    context: &RowContext,
    operation: &Operation,
) -> Result<(), DbError> {
    let (id, delay_s) = (Uuid::now_v7(), operation.after.as_secs_f64());
    transaction
        .execute(
            include_str!("queries/insert_operation.sql"),
            &[
                &id,
                &operation.kind,
                &operation.key,
                &context.tenant_id,
                &context.user_id,
                &operation.subject,
                &delay_s,
            ],
        )
        .await
        .map(|_| ())
}

/// Queues an operation unless one of its kind for its subject waits already that nobody has begun.
pub(crate) async fn queue_unless_waiting(
    transaction: &Transaction,
    context: &RowContext,
    operation: &Operation,
) -> Result<(), DbError> {
    let sql = include_str!("queries/find_waiting.sql");
    let waiting = transaction
        .query_opt(sql, &[&operation.subject, &operation.kind])
        .await?;
    match waiting {
        Some(_) => Ok(()),
        None => queue(transaction, context, operation).await,
    }
}

/// Takes back what waits to be done to something, or was given up.
pub(crate) async fn cancel(
    transaction: &Transaction,
    subject: Uuid,
    kind: &str,
) -> Result<(), DbError> {
    let sql = include_str!("queries/cancel_operation.sql");
    transaction
        .execute(sql, &[&subject, &kind])
        .await
        .map(|_| ())
}

/// Claims what is due.
pub(crate) async fn claim(db: &Db, most: i64) -> Result<Vec<Claimed>, DbError> {
    let rows = db
        .query(include_str!("queries/claim_due.sql"), &[&most])
        .await?;
    let claimed = rows.iter().map(|row| Claimed {
        id: row.get("id"),
        kind: row.get("kind"),
        tenant_id: row.get("tenant_id"),
        user_id: row.get("user_id"),
        subject: row.get("subject"),
        attempts: row.get("attempts"),
        failures: row.get("failures"),
    });
    Ok(claimed.collect())
}

/// Ends an operation within the transaction that did it; false when another worker has it, or it is done already.
pub(crate) async fn finish(transaction: &Transaction, claimed: &Claimed) -> Result<bool, DbError> {
    let sql = include_str!("queries/finish_operation.sql");
    let rows = transaction
        .execute(sql, &[&claimed.id, &claimed.attempts])
        .await?;
    Ok(rows == 1)
}

/// Puts an operation off, or gives it up.
pub(crate) async fn put_off(
    db: &Db,
    claimed: &Claimed,
    failures: i32,
    is_dead: bool,
    pause: Duration,
    reason: &str,
) -> Result<(), DbError> {
    let sql = include_str!("queries/put_off.sql");
    let pause_s = pause.as_secs_f64();
    db.query(
        sql,
        &[
            &claimed.id,
            &claimed.attempts,
            &is_dead,
            &failures,
            &pause_s,
            &reason,
        ],
    )
    .await
    .map(|_| ())
}

/// Forgets what was done a week ago.
pub(crate) async fn forget_done(db: &Db) -> Result<(), DbError> {
    let sql = include_str!("queries/forget_done.sql");
    db.query(sql, &[]).await.map(|_| ())
}

/// What waits and what is dead, the oldest first; a thousand at most.
pub(crate) async fn open(db: &Db) -> Result<Vec<Open>, DbError> {
    let rows = db.query(include_str!("queries/list_open.sql"), &[]).await?;
    let open = rows.iter().map(|row| Open {
        id: row.get("id"),
        kind: row.get("kind"),
        tenant_id: row.get("tenant_id"),
        subject: row.get("subject"),
        state: row.get("state"),
        attempts: row.get("attempts"),
        failures: row.get("failures"),
        due_at: row.get("due_at"),
        created_at: row.get("created_at"),
        last_error: row.get("last_error"),
    });
    Ok(open.collect())
}

/// Gives dead ones, or one of them, another try, and says how many those are.
pub(crate) async fn replay(db: &Db, id: Option<Uuid>) -> Result<u64, DbError> {
    let transaction = db.begin().await?;
    let sql = include_str!("queries/replay_dead.sql");
    let replayed = transaction.execute(sql, &[&id]).await?;
    transaction.commit().await?;
    Ok(replayed)
}

/// How many wait and how many are dead.
pub(crate) async fn count_open(db: &Db) -> Result<Vec<(String, i64)>, DbError> {
    let rows = db
        .query(include_str!("queries/count_open.sql"), &[])
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}
