//! What is to be sent, and how it went.

use super::events::{Event, event_of};
use jiff::Timestamp;
use pg::{Db, DbError, Transaction};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;
use uuid::Uuid;

/// An event on its way to an endpoint.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Delivery {
    pub(crate) id: Uuid,
    pub(crate) event_seq: i64,
    /// `pending`, `delivered` or `failed`.
    pub(crate) state: String,
    pub(crate) attempts: i32,
    /// Where it is pending.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) next_attempt_at: Timestamp,
    /// The HTTP status of the last answer.
    pub(crate) last_status: Option<i32>,
    /// Why the last attempt failed.
    pub(crate) last_error: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) delivered_at: Option<Timestamp>,
}

/// A delivery that this process has taken on, with all it needs.
#[derive(Debug, Clone)]
pub(crate) struct Due {
    pub(crate) id: Uuid,
    pub(crate) endpoint_id: Uuid,
    pub(crate) url: String,
    /// Sealed; the one before it too, for a day.
    pub(crate) secrets: Vec<Vec<u8>>,
    /// This attempt included.
    pub(crate) attempts: i32,
    pub(crate) event: Event,
}

/// How an attempt went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Delivered(u16),
    /// The endpoint says that it is gone for good.
    Gone(u16),
    Failed {
        status: Option<u16>,
        error: String,
        /// `None`: it was the last attempt.
        again_in: Option<Duration>,
    },
}

/// Takes on what is due, of no endpoint more than `of_one`, and nothing of those that are busy. Others leave it alone for a
/// minute.
pub(crate) async fn claim(
    db: &Db,
    most: i64,
    of_one: i64,
    busy: &[Uuid],
) -> Result<Vec<Due>, DbError> {
    let sql = include_str!("queries/claim_deliveries.sql");
    let rows = db.query(sql, &[&most, &of_one, &busy]).await?;
    Ok(rows
        .iter()
        .map(|row| Due {
            id: row.get("delivery_id"),
            endpoint_id: row.get("endpoint_id"),
            url: row.get("url"),
            secrets: std::iter::once(row.get("secret"))
                .chain(row.get::<_, Option<Vec<u8>>>("previous_secret"))
                .collect(),
            attempts: row.get("attempts"),
            event: event_of(row),
        })
        .collect())
}

/// Writes down how an attempt went.
pub(crate) async fn settle(
    transaction: &Transaction,
    due: &Due,
    outcome: &Outcome,
) -> Result<(), DbError> {
    let (state, status, error, again_in) = match outcome {
        Outcome::Delivered(status) => ("delivered", Some(*status), None, None),
        Outcome::Gone(status) => (
            "failed",
            Some(*status),
            Some("the endpoint is gone for good"),
            None,
        ),
        Outcome::Failed {
            status,
            error,
            again_in,
        } => (
            if again_in.is_some() {
                "pending"
            } else {
                "failed"
            },
            *status,
            Some(error.as_str()),
            *again_in,
        ),
    };
    let wait_s = again_in.map_or(0.0, |wait| wait.as_secs_f64());
    let status = status.map(i32::from);
    transaction
        .execute(
            include_str!("queries/settle_delivery.sql"),
            &[&due.id, &state, &status, &error, &wait_s],
        )
        .await
        .map(|_| ())
}

/// The deliveries of an endpoint, the latest first.
pub(crate) async fn list(
    db: &Db,
    endpoint: Uuid,
    before: Option<Timestamp>,
    rows: i64,
) -> Result<Vec<Delivery>, DbError> {
    let rows = db
        .query(
            include_str!("queries/list_deliveries.sql"),
            &[&endpoint, &before, &rows],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| Delivery {
            id: row.get("id"),
            event_seq: row.get("event_seq"),
            state: row.get("state"),
            attempts: row.get("attempts"),
            next_attempt_at: row.get("next_attempt_at"),
            last_status: row.get("last_status"),
            last_error: row.get("last_error"),
            created_at: row.get("created_at"),
            delivered_at: row.get("delivered_at"),
        })
        .collect())
}

/// Makes a new delivery of the same event; `None` when there is no such delivery, or its event is kept no more.
pub(crate) async fn replay(
    db: &Db,
    endpoint: Uuid,
    delivery: Uuid,
) -> Result<Option<Uuid>, DbError> {
    let row = db
        .query_opt(
            include_str!("queries/replay_delivery.sql"),
            &[&endpoint, &delivery],
        )
        .await?;
    Ok(row.map(|row| row.get("id")))
}
