//! The outbox.

use ::audit::Note;
use fault::Fault;
use jiff::Timestamp;
use pg::{Db, DbError, Transaction};
use serde::Serialize;
use serde_json::Value;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;

/// Something that happened.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Event {
    /// Its place in the order of all events, from 1.
    pub(crate) seq: i64,
    pub(crate) id: Uuid,
    /// When it took effect.
    #[serde(rename = "timestamp")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Timestamp,
    #[serde(rename = "type")]
    #[schema(example = "api_key.revoked")]
    pub(crate) kind: String,
    pub(crate) tenant_id: Option<Uuid>,
    /// What it happened to.
    pub(crate) subject: String,
    /// How it is now; null where it is gone.
    pub(crate) data: Option<Value>,
}

/// Writes the events of a change, and a delivery for each endpoint that subscribed. The audit's lock, which the change holds
/// by now, keeps the numbers in the order of the commits.
pub(crate) async fn publish(transaction: &Transaction, notes: &[Note]) -> Result<(), Fault> {
    for note in notes {
        let row = transaction
            .query_opt(
                include_str!("queries/insert_event.sql"),
                &[
                    &Uuid::now_v7(),
                    &note.action,
                    &note.tenant,
                    &note.subject,
                    &note.after,
                ],
            )
            .await?;
        let seq: Option<i64> = row.map(|row| row.get("seq"));
        transaction
            .execute(
                include_str!("queries/insert_deliveries.sql"),
                &[&seq, &note.action, &note.tenant],
            )
            .await?;
    }
    Ok(())
}

/// The events after one.
pub(crate) async fn after(
    db: &Db,
    seq: i64,
    tenant: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Event>, DbError> {
    let rows = db
        .query(
            include_str!("queries/events_after.sql"),
            &[&seq, &tenant, &limit],
        )
        .await?;
    Ok(rows.iter().map(event_of).collect())
}

/// The numbers of the oldest event that is kept and of the last one there was.
pub(crate) async fn bounds(db: &Db) -> Result<(i64, i64), DbError> {
    let row = db
        .query_opt(include_str!("queries/event_bounds.sql"), &[])
        .await?;
    Ok(row.map_or((1, 0), |row| (row.get("oldest"), row.get("last"))))
}

/// Removes events, and deliveries that have ended, of more than so many days ago, and secrets that sign no more.
pub(crate) async fn prune(db: &Db, days: i32) -> Result<(), DbError> {
    db.query(include_str!("queries/prune_deliveries.sql"), &[&days])
        .await?;
    db.query(include_str!("queries/prune_secrets.sql"), &[])
        .await?;
    db.query(include_str!("queries/prune_events.sql"), &[&days])
        .await
        .map(|_| ())
}

pub(super) fn event_of(row: &Row) -> Event {
    Event {
        seq: row.get("seq"),
        id: row.get("id"),
        at: row.get("at"),
        kind: row.get("type"),
        tenant_id: row.get("tenant_id"),
        subject: row.get("subject"),
        data: row.get("data"),
    }
}
