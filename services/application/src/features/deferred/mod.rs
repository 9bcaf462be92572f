//! What is done later: because another service is away, or because it is not due yet.
#![doc = include_str!("README.md")]

mod data;
mod domain;
mod queue;

pub(crate) use data::{cancel, finish, forget_done, open, queue, queue_unless_waiting, replay};
pub(crate) use domain::Undone;
pub(crate) use queue::{Queue, Work};

use fault::Fault;
use pg::{Db, Migration, RowContext};
use std::time::Duration;
use uuid::Uuid;

/// The name of the capsule and of its PostgreSQL schema.
pub(crate) const CAPSULE: &str = "deferred";

/// Something to be done later.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) kind: &'static str,
    /// Under the same key it is queued once.
    pub(crate) key: String,
    pub(crate) subject: Uuid,
    pub(crate) after: Duration,
}

/// An operation in the hands of a worker.
#[derive(Debug, Clone)]
pub(crate) struct Claimed {
    pub(crate) id: Uuid,
    pub(crate) kind: String,
    pub(crate) tenant_id: Uuid,
    pub(crate) user_id: String,
    pub(crate) subject: Uuid,
    pub(crate) attempts: i32,
    pub(crate) failures: i32,
}

impl Claimed {
    /// In whose name it is done: what a member began, the house ends.
    pub(crate) fn context(&self) -> RowContext {
        RowContext {
            tenant_id: self.tenant_id,
            user_id: self.user_id.clone(),
            role: "system",
        }
    }
}

impl From<&Fault> for Undone {
    /// A database that is away is waited for.
    fn from(fault: &Fault) -> Self {
        match fault {
            Fault::Database(error) if error.is_passing() => Self::Away(None),
            other => Self::Failed(service::errors::chain(other)),
        }
    }
}

/// Ends an operation whose work was done elsewhere.
pub(crate) async fn end(db: &Db, claimed: &Claimed) -> Result<(), Undone> {
    let ended = async {
        let transaction = db.begin().await?;
        finish(&transaction, claimed).await?;
        transaction.commit().await
    };
    let ended = ended.await.map_err(Fault::from);
    ended.map_err(|fault| (&fault).into())
}

pub(crate) fn migrations() -> Vec<Migration> {
    vec![Migration {
        name: "V1__create_operation",
        sql: include_str!("migrations/V1__create_operation.sql"),
    }]
}
