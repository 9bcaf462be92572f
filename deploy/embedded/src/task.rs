//! A child that runs to its end: a migration, a data load.

use std::io::Write as _;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use crate::fleet::{ChildSpec, Fleet};
use crate::logfile;
use crate::record::Record;
use crate::report::Event;

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
    tokio::try_join!(print, tell)?;
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
    let mut lines = BufReader::new(stream).lines();
    while let Some(line) = lines.next_line().await? {
        writeln!(log, "{line}")?;
        each(line);
    }
    Ok(())
}
