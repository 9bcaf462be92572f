//! `mvp down`: asks the supervisor to stop everything, or stops what a lost one left.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::layout::Layout;
use crate::lock::Lock;
use crate::process::Identity;
use crate::record::{Phase, State};
use crate::report::{say, seconds};
use crate::stop;

/// What a supervisor needs beside the stopping itself, and what one that is killed may take to be gone.
const MARGIN: Duration = Duration::from_secs(10);

pub(crate) async fn run(layout: &Layout) -> anyhow::Result<ExitCode> {
    stop_everything(layout).await?;
    Ok(ExitCode::SUCCESS)
}

/// Afterwards nothing of this installation runs.
pub(crate) async fn stop_everything(layout: &Layout) -> anyhow::Result<()> {
    if !layout.data.exists() {
        say("  · nothing runs");
        return Ok(());
    }
    layout.create()?;
    let start = Instant::now();
    let state = State::load(&layout.state_file())?;
    let supervised = match state.live_supervisor() {
        Some(supervisor) => {
            end_supervisor(supervisor, stop::longest(&layout.run_dir())? + MARGIN).await?;
            true
        }
        None => false,
    };
    // The lock keeps a start out while its predecessor's children are swept up.
    let Some(_lock) = Lock::take(layout)? else {
        anyhow::bail!("another mvp is starting or stopping this installation just now");
    };
    let left = stop::stop_all(&layout.run_dir()).await?;
    for stopped in &left {
        say(format_args!(
            "  · left over from a supervisor that was killed: {stopped}"
        ));
    }
    let mut state = State::load(&layout.state_file())?;
    if state.supervisor.is_some() {
        state.supervisor = None;
        state.phase = Phase::Stopped;
        state.save(&layout.state_file())?;
    }
    if supervised || !left.is_empty() {
        say(format_args!(
            "  ✓ everything stopped in {}",
            seconds(start.elapsed())
        ));
    } else {
        say("  · nothing runs");
    }
    Ok(())
}

async fn end_supervisor(supervisor: &Identity, patience: Duration) -> anyhow::Result<()> {
    supervisor.signal(Signal::TERM)?;
    if ends_within(supervisor, patience).await {
        return Ok(());
    }
    say("  · the supervisor does not end; stopping its children without it");
    supervisor.signal(Signal::KILL)?;
    anyhow::ensure!(
        ends_within(supervisor, MARGIN).await,
        "the supervisor (pid {}) does not end, not even by SIGKILL",
        supervisor.pid
    );
    Ok(())
}

async fn ends_within(process: &Identity, patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    while process.is_alive() {
        if Instant::now() > deadline {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    true
}
