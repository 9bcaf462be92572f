//! The loop of a worker: claims what is due, has it done, puts off what could not be.

use super::domain::{Undone, judge};
use super::{Claimed, data};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge};
use pg::Db;
use std::future::Future;
use std::time::Duration;

/// How often it is looked for work, when there was none.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long to wait for a database that is away.
const DATABASE_PAUSE: Duration = Duration::from_secs(2);
/// Operations that are worked on at once.
const AT_ONCE: i64 = 8;
/// The lease is a minute; who takes longer might do it beside another.
const LONGEST: Duration = Duration::from_secs(30);
/// How often it is counted what waits.
const COUNT_EVERY: Duration = Duration::from_secs(15);

/// What does operations.
pub(crate) trait Work {
    /// Does one, and ends it in the same transaction.
    fn run(&self, claimed: &Claimed) -> impl Future<Output = Result<(), Undone>> + Send;
}

/// The operations of a database.
pub(crate) struct Queue {
    db: Db,
    attempts: Counter<u64>,
    open: Gauge<u64>,
}

impl Queue {
    pub(crate) fn new(db: Db) -> Self {
        let meter = opentelemetry::global::meter("deferred");
        Self {
            db,
            attempts: meter
                .u64_counter("mvp_deferred_attempts")
                .with_description("Attempts at deferred operations by kind and outcome")
                .build(),
            open: meter
                .u64_gauge("mvp_deferred_operations")
                .with_description("Deferred operations that wait or are dead")
                .build(),
        }
    }

    /// Works until it is dropped; what it had claimed is then done by others, or later.
    pub(crate) async fn run(self, work: &impl Work) {
        let mut count_at = tokio::time::Instant::now();
        loop {
            if tokio::time::Instant::now() >= count_at {
                self.count().await;
                count_at = tokio::time::Instant::now() + COUNT_EVERY;
            }
            match data::claim(&self.db, AT_ONCE).await {
                Ok(claimed) if claimed.is_empty() => tokio::time::sleep(LOOK_EVERY).await,
                Ok(claimed) => {
                    let running = claimed.iter().map(|one| self.attempt(work, one));
                    futures_util::future::join_all(running).await;
                }
                Err(error) => {
                    tracing::warn!(
                        error = service::errors::chain(&error),
                        "deferred operations cannot be looked for"
                    );
                    tokio::time::sleep(DATABASE_PAUSE).await;
                }
            }
        }
    }

    async fn attempt(&self, work: &impl Work, claimed: &Claimed) {
        let done = tokio::time::timeout(LONGEST, work.run(claimed)).await;
        let undone = match done {
            Ok(Ok(())) => {
                self.note(claimed, "done");
                return;
            }
            Ok(Err(undone)) => undone,
            Err(_) => Undone::Failed("it took too long".to_owned()),
        };
        let verdict = judge(
            &undone,
            claimed.attempts,
            claimed.failures,
            rand::random_range(0.0..=1.0),
        );
        let reason = match &undone {
            Undone::Away(_) => "a service that is needed is away",
            Undone::Failed(reason) => reason,
        };
        let (operation, kind) = (claimed.id, claimed.kind.as_str());
        if verdict.is_dead {
            tracing::error!(%operation, kind, reason, "a deferred operation is given up");
        } else if matches!(undone, Undone::Failed(_)) {
            tracing::warn!(%operation, kind, reason, "a deferred operation failed");
        }
        self.note(claimed, outcome(&undone, verdict.is_dead));
        let (failures, is_dead, pause) = (verdict.failures, verdict.is_dead, verdict.pause);
        let put_off = data::put_off(&self.db, claimed, failures, is_dead, pause, reason).await;
        if let Err(error) = put_off {
            // Its lease ends by itself.
            tracing::debug!(error = service::errors::chain(&error), "it stays claimed");
        }
    }

    fn note(&self, claimed: &Claimed, outcome: &'static str) {
        let labels = [
            KeyValue::new("kind", claimed.kind.clone()),
            KeyValue::new("outcome", outcome),
        ];
        self.attempts.add(1, &labels);
    }

    async fn count(&self) {
        let Ok(found) = data::count_open(&self.db).await else {
            return;
        };
        for state in ["pending", "dead"] {
            let count = found.iter().find(|(name, _)| name == state);
            let count = count.map_or(0, |(_, count)| u64::try_from(*count).unwrap_or(0));
            self.open.record(count, &[KeyValue::new("state", state)]);
        }
    }
}

fn outcome(undone: &Undone, is_dead: bool) -> &'static str {
    match undone {
        Undone::Away(_) => "away",
        Undone::Failed(_) if is_dead => "dead",
        Undone::Failed(_) => "failed",
    }
}
