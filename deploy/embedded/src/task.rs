//! A child that runs to its end: a migration, a data load.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use crate::fleet::{ChildSpec, Fleet};
use crate::logfile;
use crate::record::Record;
use crate::report::{Event, seconds};

/// A data load on a slow machine takes minutes; what takes longer than this is stuck.
const LIMIT: Duration = Duration::from_mins(30);

/// Runs it, relaying each line it tells on stderr as progress of `step`; gives what it printed.
pub(crate) async fn run(
    fleet: &Fleet,
    task: &ChildSpec,
    step: Option<&str>,
) -> anyhow::Result<String> {
    let mut child = fleet.spawn_piped(task)?;
    let stdout = child.stdout.take().context("the task has no stdout")?;
    let stderr = child.stderr.take().context("the task has no stderr")?;
    let mut printed = String::new();
    let print = read(fleet, task, stdout, |line| {
        printed.push_str(&line);
        printed.push('\n');
    });
    let tell = read(fleet, task, stderr, |text| {
        // Structured log lines are for the log only.
        if let Some(step) = step.filter(|_| !text.trim().is_empty() && !text.starts_with('{')) {
            fleet.reporter.report(&Event::Progress {
                step: step.to_owned(),
                text,
            });
        }
    });
    let Ok(read) = tokio::time::timeout(LIMIT, async { tokio::try_join!(print, tell) }).await
    else {
        child.start_kill()?;
        child.wait().await?;
        bail!(fleet.failure(
            &task.name,
            &format!("did not end within {}", seconds(LIMIT))
        ));
    };
    read?;
    let status = child.wait().await?;
    if let Some(record) = Record::load(&fleet.run_dir, &task.name)? {
        record.forget(&fleet.run_dir);
    }
    if !status.success() {
        bail!(fleet.failure(&task.name, &format!("failed ({status})")));
    }
    Ok(printed)
}

/// Copies a stream to the task's log, line by line.
async fn read(
    fleet: &Fleet,
    task: &ChildSpec,
    stream: impl AsyncRead + Unpin,
    mut each: impl FnMut(String),
) -> anyhow::Result<()> {
    let mut log = logfile::open(&fleet.log_dir, &task.name)?;
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    while stream.read_until(b'\n', &mut line).await? > 0 {
        // Whatever a program prints is shown, legible or not.
        let text = String::from_utf8_lossy(line.trim_ascii_end()).into_owned();
        writeln!(log, "{text}")?;
        each(text);
        line.clear();
    }
    Ok(())
}
