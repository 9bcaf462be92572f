//! What a tenant uses of its plan: the room that is left, and what the tenants platform is told of it.
#![doc = include_str!("README.md")]

mod data;

use crate::change::Change;
use crate::features::deferred::{self, Claimed, Operation, Undone};
use crate::tenancy::{Member, Tenancy};
use data::{counted_at, lock_storage};
use fault::Fault;
use jiff::Timestamp;
use pg::{Db, DbError};
use problem::{Code, Problem};
use serde::Serialize;
use std::time::Duration;
use upstream::Asking;
use uuid::Uuid;

/// The kind of operation.
pub(crate) const REPORT: &str = "usage.report";

/// Changes that come one after the other are told of once.
const PAUSE: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(8);

/// What a tenant uses of what plans limit, by the names that the tenants platform has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Used {
    pub(crate) vehicles: i64,
    pub(crate) storage_bytes: i64,
}

/// All that is used, and when it was counted.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    counted_at: Timestamp,
    used: Used,
}

/// Part of every change that makes something more or less which plans limit.
pub(crate) async fn changed(change: &Change) -> Result<(), DbError> {
    let operation = Operation {
        kind: REPORT,
        key: format!("{REPORT}:{}", Uuid::now_v7()),
        subject: change.context().tenant_id,
        after: PAUSE,
    };
    deferred::queue_unless_waiting(change.transaction(), change.context(), &operation).await
}

/// The plan includes so many bytes more; until the change ends nobody else takes them. What makes nothing more is never refused.
pub(crate) async fn room_for_bytes<R>(
    change: &Change,
    member: &Member<R>,
    more: i64,
) -> Result<(), Fault> {
    let quota = member.membership.tenant.quota.get("storage_bytes");
    let Some(limit) = quota.and_then(|quota| quota.limit).filter(|_| more > 0) else {
        return Ok(());
    };
    lock_storage(change.transaction(), member.tenant()).await?;
    let used = super::count_used(change.transaction()).await?.storage_bytes;
    if used.saturating_add(more) <= limit {
        return Ok(());
    }
    let detail = format!("The plan includes {limit} bytes of files, and {used} are used.");
    Err(Problem::new(Code::QuotaExceeded).detail(detail).into())
}

/// Tells the tenants platform what is used.
pub(crate) async fn report_later(
    db: &Db,
    tenancy: &Tenancy,
    claimed: &Claimed,
) -> Result<(), Undone> {
    let report = count(db, claimed).await;
    let report = report.map_err(|fault| Undone::from(&fault))?;
    let asking = Asking::alone(PATIENCE);
    tenancy.report(claimed.tenant_id, &report, &asking).await?;
    deferred::end(db, claimed).await
}

async fn count(db: &Db, claimed: &Claimed) -> Result<Report, Fault> {
    let change = Change::begin_for(db, claimed.context()).await?;
    // The time first: what is counted is at least as young.
    let counted_at = counted_at(change.transaction()).await?;
    let used = super::count_used(change.transaction()).await?;
    change.commit().await?;
    Ok(Report { counted_at, used })
}
