//! The table of activity.

use pg::{Db, DbError, RowContext, Transaction};
use serde::Serialize;
use serde_json::Value;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Note;
use jiff::Timestamp;

/// Something that was done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Entry {
    pub(crate) id: Uuid,
    /// Who did it: the `sub` of a person's token, or `system`.
    pub(crate) user: String,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Timestamp,
    #[schema(example = "vehicle.changed")]
    pub(crate) action: String,
    /// What it was done to.
    pub(crate) subject: Uuid,
    /// The thing that this belongs to: a reading belongs to its vehicle.
    pub(crate) belongs_to: Uuid,
    /// By field: `{"before": …, "after": …}`.
    #[schema(value_type = std::collections::BTreeMap<String, Object>)]
    pub(crate) changes: Value,
}

/// Writes down what was done.
pub(crate) async fn insert(
    transaction: &Transaction,
    context: &RowContext,
    note: &Note,
) -> Result<(), DbError> {
    let id = Uuid::now_v7();
    transaction
        .execute(
            include_str!("queries/insert_entry.sql"),
            &[
                &id,
                &context.tenant_id,
                &context.user_id,
                &note.action,
                &note.subject,
                &note.belongs_to,
                &note.changes,
            ],
        )
        .await
        .map(|_| ())
}

/// What was done to a thing, or to everything; the newest first.
pub(crate) async fn list(
    db: &Db,
    context: &RowContext,
    thing: Option<Uuid>,
    before: Option<Uuid>,
    rows: i64,
) -> Result<Vec<Entry>, DbError> {
    let sql = include_str!("queries/list_entries.sql");
    let rows = db
        .query_for(context, sql, &[&thing, &before, &rows])
        .await?;
    Ok(rows.iter().map(entry_of).collect())
}

/// Forgets what a thing was that is removed for good, and everything that belonged to it.
pub(crate) async fn blank(transaction: &Transaction, thing: Uuid) -> Result<(), DbError> {
    let sql = include_str!("queries/blank_entries.sql");
    transaction.query(sql, &[&thing]).await.map(|_| ())
}

fn entry_of(row: &Row) -> Entry {
    Entry {
        id: row.get("id"),
        user: row.get("user_id"),
        at: row.get("at"),
        action: row.get("action"),
        subject: row.get("subject"),
        belongs_to: row.get("belongs_to"),
        changes: row.get("changes"),
    }
}
