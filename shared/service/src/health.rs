//! Health: is the process alive, may it be sent requests, and how are the things it depends on.

use serde::Serialize;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long a summary is served again before the checks run anew.
const CACHED_FOR: Duration = Duration::from_secs(1);
/// A check that takes longer counts as failed.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// How well a process or one of its dependencies is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// All is well.
    Ok,
    /// It serves, with something missing.
    Degraded,
    /// It cannot serve.
    Unavailable,
}

/// What one check found.
#[derive(Debug, Clone, Serialize)]
pub struct CheckResult {
    /// How the dependency is.
    pub status: Status,
    /// How long the check took.
    pub latency_ms: f64,
    /// More about it, for example which release is served; no host names and no secrets.
    #[serde(flatten)]
    pub facts: BTreeMap<&'static str, String>,
}

/// The answer of `/health`.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// The worst of what counts.
    pub status: Status,
    /// The process's name.
    pub service: &'static str,
    /// The process's version.
    pub version: &'static str,
    /// Seconds since it started.
    pub uptime_s: u64,
    /// Each dependency by name.
    pub checks: BTreeMap<&'static str, CheckResult>,
}

/// Facts about a dependency that is well, or what to say when it is not.
pub type CheckOutcome = Result<BTreeMap<&'static str, String>, String>;
/// How a dependency is, with facts about it.
type Finding = (Status, BTreeMap<&'static str, String>);
type Check = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Finding> + Send>> + Send + Sync>;

/// Whether a process can do without a dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Without it nothing can be served: the process is not ready.
    Required,
    /// Without it the process is slower or knows less: degraded, still ready.
    Optional,
}

/// The health of this process.
pub struct Health {
    service: &'static str,
    version: &'static str,
    started: Instant,
    draining: AtomicBool,
    checks: Vec<(&'static str, Need, Check)>,
    cached: Mutex<Option<(Instant, Summary)>>,
}

impl Health {
    /// A process without dependencies yet.
    pub fn new(service: &'static str, version: &'static str) -> Self {
        Self {
            service,
            version,
            started: Instant::now(),
            draining: AtomicBool::new(false),
            checks: Vec::new(),
            cached: Mutex::new(None),
        }
    }

    /// The same process without dependencies yet, for new settings.
    #[must_use]
    pub fn renewed(&self) -> Self {
        Self {
            started: self.started,
            draining: AtomicBool::new(self.draining.load(Ordering::Acquire)),
            ..Self::new(self.service, self.version)
        }
    }

    /// Adds a dependency.
    #[must_use]
    pub fn check<F, Fut>(mut self, name: &'static str, need: Need, check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = CheckOutcome> + Send + 'static,
    {
        let check = Box::new(move || {
            let outcome = check();
            let finding: Pin<Box<dyn Future<Output = Finding> + Send>> =
                Box::pin(async move { finding(name, outcome).await });
            finding
        });
        self.checks.push((name, need, check));
        self
    }

    /// Adds a dependency that the process can do without and whose state it knows at any moment; what is known of it is
    /// told when it is not well, too.
    #[must_use]
    pub fn watch<F>(mut self, name: &'static str, state: F) -> Self
    where
        F: Fn() -> Finding + Send + Sync + 'static,
    {
        let check = Box::new(move || {
            let finding: Pin<Box<dyn Future<Output = Finding> + Send>> =
                Box::pin(std::future::ready(state()));
            finding
        });
        self.checks.push((name, Need::Optional, check));
        self
    }

    /// From now on the process is not ready, because it is about to stop.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Whether it is about to stop: who waits for something to happen must not wait on.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Whether this instance may be sent requests.
    pub async fn is_ready(&self) -> bool {
        !self.is_draining() && self.summary().await.status != Status::Unavailable
    }

    /// All checks, from the last second.
    pub async fn summary(&self) -> Summary {
        let mut cached = self.cached.lock().await;
        if let Some((at, summary)) = cached.as_ref()
            && at.elapsed() < CACHED_FOR
        {
            return self.with_draining(summary.clone());
        }
        let summary = self.run_checks().await;
        *cached = Some((Instant::now(), summary.clone()));
        self.with_draining(summary)
    }

    fn with_draining(&self, mut summary: Summary) -> Summary {
        summary.uptime_s = self.started.elapsed().as_secs();
        if self.draining.load(Ordering::Acquire) {
            summary.status = Status::Unavailable;
        }
        summary
    }

    async fn run_checks(&self) -> Summary {
        let runs = self.checks.iter().map(|(name, need, check)| async move {
            let begun = Instant::now();
            let (status, facts) = check().await;
            let latency_ms = (begun.elapsed().as_secs_f64() * 100_000.0).round() / 100.0;
            (
                *name,
                *need,
                CheckResult {
                    status,
                    latency_ms,
                    facts,
                },
            )
        });
        let results = futures_util::future::join_all(runs).await;
        let status = results
            .iter()
            .map(|(_, need, result)| effect(*need, result.status))
            .max();
        Summary {
            status: status.unwrap_or(Status::Ok),
            service: self.service,
            version: self.version,
            uptime_s: 0,
            checks: results
                .into_iter()
                .map(|(name, _, result)| (name, result))
                .collect(),
        }
    }
}

/// What came of a check, in time or not.
async fn finding(name: &'static str, outcome: impl Future<Output = CheckOutcome>) -> Finding {
    let outcome = tokio::time::timeout(CHECK_TIMEOUT, outcome)
        .await
        .unwrap_or_else(|_| Err("no answer in time".to_owned()));
    match outcome {
        Ok(facts) => (Status::Ok, facts),
        Err(reason) => {
            tracing::warn!(check = name, reason, "health check failed");
            (Status::Unavailable, BTreeMap::new())
        }
    }
}

/// What a dependency's state means for the process.
fn effect(need: Need, status: Status) -> Status {
    match (need, status) {
        (Need::Optional, Status::Unavailable) => Status::Degraded,
        _ => status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicU32;

    fn health(required: CheckOutcome, optional: CheckOutcome) -> Health {
        Health::new("sample", "1.0.0")
            .check("postgres", Need::Required, move || {
                std::future::ready(required.clone())
            })
            .check("redis", Need::Optional, move || {
                std::future::ready(optional.clone())
            })
    }

    const WELL: CheckOutcome = Ok(BTreeMap::new());

    #[tokio::test]
    async fn an_optional_dependency_degrades_and_a_required_one_makes_unready() {
        let fine = health(WELL, WELL);
        assert_eq!(fine.summary().await.status, Status::Ok);
        let degraded = health(WELL, Err("refused".into()));
        assert_eq!(degraded.summary().await.status, Status::Degraded);
        assert!(degraded.is_ready().await);
        let unavailable = health(Err("refused".into()), WELL);
        assert_eq!(unavailable.summary().await.status, Status::Unavailable);
        assert!(!unavailable.is_ready().await);
    }

    #[tokio::test]
    async fn what_is_known_of_a_degraded_dependency_is_told() {
        let health = Health::new("sample", "1.0.0").watch("upstream", || {
            let facts = BTreeMap::from([("breaker", "open".to_owned())]);
            (Status::Degraded, facts)
        });
        let summary = health.summary().await;
        assert_eq!(summary.status, Status::Degraded);
        assert_eq!(summary.checks["upstream"].facts["breaker"], "open");
        assert!(health.is_ready().await);
    }

    #[tokio::test]
    async fn a_draining_process_is_unready_at_once() {
        let health = health(WELL, WELL);
        assert!(health.is_ready().await);
        health.drain();
        assert!(!health.is_ready().await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_check_that_hangs_counts_as_failed() {
        let health = Health::new("sample", "1.0.0").check(
            "postgres",
            Need::Required,
            std::future::pending::<CheckOutcome>,
        );
        assert_eq!(health.summary().await.status, Status::Unavailable);
    }

    #[tokio::test]
    async fn many_callers_within_a_second_run_the_checks_once() {
        let runs = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&runs);
        let health = Health::new("sample", "1.0.0").check("postgres", Need::Required, move || {
            counted.fetch_add(1, Ordering::Relaxed);
            std::future::ready(WELL)
        });
        for _ in 0..100 {
            health.summary().await;
        }
        assert_eq!(runs.load(Ordering::Relaxed), 1);
    }
}
