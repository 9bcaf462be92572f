//! What is done by the clock: tenants whose grace period has ended are removed, and what is old is forgotten.

use crate::features::{api_keys, memberships, tenants, webhooks};
use fault::Fault;
use pg::Db;
use std::time::Duration;

const INTERVAL: Duration = Duration::from_mins(1);
/// Forgetting may touch many rows.
const PATIENCE: Duration = Duration::from_secs(30);

/// Never returns. Any number of instances may do it: each step is safe to be done twice.
pub(super) async fn run(db: Db, keep_days: u16) {
    let db = db.with_query_timeout(PATIENCE);
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match clean(&db, i32::from(keep_days)).await {
            Ok(0) => {}
            Ok(purged) => tracing::info!(purged, "tenants were removed for good"),
            Err(Fault::Database(error)) if error.is_passing() => {}
            Err(fault) => tracing::error!(
                error = service::errors::chain(&fault),
                "the house could not be cleaned"
            ),
        }
    }
}

async fn clean(db: &Db, keep_days: i32) -> Result<usize, Fault> {
    let purged = tenants::purge_due(db).await?;
    webhooks::prune(db, keep_days).await?;
    tenants::prune_idempotency(db).await?;
    tenants::prune_usage(db).await?;
    memberships::prune_invitations(db).await?;
    api_keys::prune(db).await?;
    Ok(purged)
}
