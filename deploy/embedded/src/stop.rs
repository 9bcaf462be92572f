//! Stopping what the records name, in order: services, then Redis, then PostgreSQL.
//! The same for a supervisor that ends and for what one that was killed left behind.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::catalogue::SERVICES;
use crate::record::{Kind, Record};
use crate::report::seconds;

/// What stopping did with one child.
#[derive(Debug)]
pub(crate) struct Stopped {
    pub(crate) name: String,
    /// Whether it had to be killed.
    pub(crate) killed: bool,
    pub(crate) elapsed: Duration,
}

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let how = if self.killed {
            "had to be killed after"
        } else {
            "stopped in"
        };
        write!(f, "{} {how} {}", self.name, seconds(self.elapsed))
    }
}

/// Stops every recorded child that still runs, and forgets the records.
pub(crate) async fn stop_all(run_dir: &Path) -> anyhow::Result<Vec<Stopped>> {
    let mut records = Record::all(run_dir)?;
    // Last started, first stopped, so the gateway goes before what it leads to.
    records.sort_by_key(|record| std::cmp::Reverse(record.order));
    let mut report = Vec::new();
    // One that does not stop must not keep the others running.
    let mut failure = None;
    let mut take = |outcome: anyhow::Result<Option<Stopped>>| match outcome {
        Ok(stopped) => report.extend(stopped),
        Err(error) => failure = failure.take().or(Some(error)),
    };
    for kind in [Kind::Service, Kind::Task] {
        for record in records.iter().filter(|record| record.kind == kind) {
            take(stop(record, run_dir).await);
        }
    }
    for kind in [Kind::Redis, Kind::Postgres] {
        let mut together = tokio::task::JoinSet::new();
        let these: Vec<Record> = records
            .iter()
            .filter(|record| record.kind == kind)
            .cloned()
            .collect();
        for record in these {
            let run_dir = run_dir.to_path_buf();
            together.spawn(async move { stop(&record, &run_dir).await });
        }
        together.join_all().await.into_iter().for_each(&mut take);
    }
    failure.map_or(Ok(report), Err)
}

/// Signals in rising force, each with its time.
fn escalation(kind: Kind) -> Vec<(Signal, Duration)> {
    let mut rising = match kind {
        // A service finishes what runs within 25 s.
        Kind::Service => vec![(Signal::TERM, Duration::from_secs(25))],
        Kind::Task | Kind::Redis => vec![(Signal::TERM, Duration::from_secs(15))],
        // INT is PostgreSQL's fast shutdown, QUIT its immediate one (recovery at the next start).
        Kind::Postgres => vec![
            (Signal::INT, Duration::from_mins(1)),
            (Signal::QUIT, Duration::from_secs(10)),
        ],
    };
    rising.push((Signal::KILL, Duration::from_secs(5)));
    rising
}

/// The longest that `stop_all` takes where every child of a running installation resists to the last:
/// services and the task of the moment one after the other, the stores of a kind together.
pub(crate) fn longest() -> Duration {
    let whole = |kind| -> Duration { escalation(kind).iter().map(|(_, wait)| *wait).sum() };
    let services = SERVICES
        .iter()
        .fold(Duration::ZERO, |sum, _| sum + whole(Kind::Service));
    services + whole(Kind::Task) + whole(Kind::Redis) + whole(Kind::Postgres)
}

/// Ends one child, by ever stronger signals.
pub(crate) async fn stop(record: &Record, run_dir: &Path) -> anyhow::Result<Option<Stopped>> {
    let start = Instant::now();
    let mut stopped = None;
    for (signal, patience) in escalation(record.kind) {
        if !record.identity.signal(signal)? {
            break;
        }
        let killed = signal == Signal::KILL;
        let deadline = Instant::now() + patience;
        while record.identity.is_alive() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        stopped = Some(Stopped {
            name: record.name.clone(),
            killed,
            elapsed: start.elapsed(),
        });
    }
    anyhow::ensure!(
        !record.identity.is_alive(),
        "{} (pid {}) does not end, not even by SIGKILL",
        record.name,
        record.identity.pid
    );
    record.forget(run_dir);
    Ok(stopped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_stop_is_the_sum_of_what_is_waited_for() {
        let each = |kind| escalation(kind).into_iter().map(|(_, wait)| wait.as_secs());
        let kinds = [Kind::Task, Kind::Redis, Kind::Postgres];
        let services = std::iter::repeat_n(Kind::Service, SERVICES.len());
        let sum: u64 = kinds.into_iter().chain(services).flat_map(each).sum();
        assert_eq!(longest(), Duration::from_secs(sum));
        assert!(
            sum > 175,
            "three services, a task, Redis and PostgreSQL: {sum} s"
        );
    }
}
