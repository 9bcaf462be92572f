//! What is done by the clock: keys are changed, and what has ended is removed.

use crate::features::{accounts, limits, oidc, passkeys, sessions};
use crate::state::State;
use actix_web::web::Data;
use fault::Fault;
use std::time::Duration;

const INTERVAL: Duration = Duration::from_mins(1);
/// Removing may touch many rows.
const PATIENCE: Duration = Duration::from_secs(30);

/// Never returns. Any number of instances may do it: each step is safe to be done twice.
pub(super) async fn run(state: Data<State>) {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match clean(&state).await {
            Ok(()) => {}
            Err(Fault::Database(error)) if error.is_passing() => {}
            Err(fault) => tracing::error!(
                error = service::errors::chain(&fault),
                "the house could not be cleaned"
            ),
        }
    }
}

async fn clean(state: &State) -> Result<(), Fault> {
    oidc::tidy(state).await?;
    let db = state.db.clone().with_query_timeout(PATIENCE);
    oidc::prune(&db).await?;
    sessions::prune(&db, i32::from(state.settings.sessions.idle_days)).await?;
    passkeys::prune(&db).await?;
    accounts::prune(&db).await?;
    limits::prune(&db).await?;
    Ok(())
}
