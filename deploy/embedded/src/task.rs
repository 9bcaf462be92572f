//! A child that runs to its end, within a limit: a migration, a data load, `initdb`.

use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::sync::watch;

use crate::fleet::{ChildSpec, Fleet};
use crate::record::Record;
use crate::report::{Event, seconds};
use crate::{logfile, stop};

/// How long a task may take before it is taken to be stuck, and ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limit {
    /// From its start to its end.
    Whole(Duration),
    /// From one line it writes to the next: for work that takes as long as there is data.
    Silence(Duration),
}

impl Limit {
    /// Comes back when the limit is exceeded; `heard` is when the task began or last wrote a line.
    async fn exceeded(self, heard: watch::Receiver<Instant>) {
        let (begun, limit) = match self {
            Self::Whole(limit) => (Some(Instant::now()), limit),
            Self::Silence(limit) => (None, limit),
        };
        loop {
            let since = begun.unwrap_or_else(|| *heard.borrow());
            let left = limit.saturating_sub(since.elapsed());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left).await;
        }
    }
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole(limit) => write!(f, "is not done after {}", seconds(*limit)),
            Self::Silence(limit) => write!(f, "has said nothing for {}", seconds(*limit)),
        }
    }
}

/// Runs it, relaying each line it tells on stderr as progress of `step`; gives what it printed.
pub(crate) async fn run(
    fleet: &Fleet,
    task: &ChildSpec,
    limit: Limit,
    step: Option<&str>,
) -> anyhow::Result<String> {
    let mut child = fleet.spawn_piped(task)?;
    let stdout = child.stdout.take().context("the task has no stdout")?;
    let stderr = child.stderr.take().context("the task has no stderr")?;
    let heard = watch::Sender::new(Instant::now());
    let mut printed = String::new();
    let print = read(fleet, task, stdout, |line| {
        heard.send_replace(Instant::now());
        printed.push_str(&line);
        printed.push('\n');
    });
    let tell = read(fleet, task, stderr, |text| {
        heard.send_replace(Instant::now());
        // Structured log lines are for the log only.
        if let Some(step) = step.filter(|_| !text.trim().is_empty() && !text.starts_with('{')) {
            fleet.reporter.report(&Event::Progress {
                step: step.to_owned(),
                text,
            });
        }
    });
    let work = async {
        tokio::try_join!(print, tell)?;
        anyhow::Ok(child.wait().await?)
    };
    let ended = tokio::select! {
        status = work => Some(status?),
        () = limit.exceeded(heard.subscribe()) => None,
    };
    if let Some(record) = Record::load(&fleet.run_dir, &task.name)? {
        if ended.is_none() {
            stop::stop(&record, &fleet.run_dir).await?;
        }
        record.forget(&fleet.run_dir);
    }
    match ended {
        Some(status) if status.success() => Ok(printed),
        Some(status) => bail!(fleet.failure(&task.name, &format!("failed ({status})"))),
        None => bail!(fleet.failure(&task.name, &format!("{limit}, and was ended"))),
    }
}

/// Copies a stream to the task's log, line by line. What is not UTF-8 is made readable, not refused:
/// servers write messages in the machine's language and encoding.
async fn read(
    fleet: &Fleet,
    task: &ChildSpec,
    stream: impl AsyncRead + Unpin,
    mut each: impl FnMut(String),
) -> anyhow::Result<()> {
    let mut log = logfile::open(&fleet.log_dir, &task.name)?;
    let mut stream = BufReader::new(stream);
    let mut bytes = Vec::new();
    while stream.read_until(b'\n', &mut bytes).await? > 0 {
        let line = String::from_utf8_lossy(&bytes);
        let line = line.trim_end_matches(['\n', '\r']);
        // A full disk is for the task itself to stumble over, which says what it could not write.
        let _ = writeln!(log, "{line}");
        each(line.to_owned());
        bytes.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn a_limit_on_the_whole_does_not_care_what_is_heard() {
        let heard = watch::Sender::new(Instant::now());
        let begun = Instant::now();
        let talk = async {
            loop {
                tokio::time::sleep(LIMIT / 20).await;
                heard.send_replace(Instant::now());
            }
        };
        tokio::select! {
            () = Limit::Whole(LIMIT).exceeded(heard.subscribe()) => {}
            () = talk => {}
        }
        assert!(begun.elapsed() >= LIMIT);
    }

    #[tokio::test]
    async fn silence_is_counted_from_the_last_line() {
        let heard = watch::Sender::new(Instant::now());
        let exceeded = tokio::spawn(Limit::Silence(LIMIT).exceeded(heard.subscribe()));
        for _ in 0..4 {
            tokio::time::sleep(LIMIT / 3).await;
            heard.send_replace(Instant::now());
        }
        exceeded.await.unwrap();
        assert!(heard.borrow().elapsed() >= LIMIT);
    }
}
