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

/// Longer than every orderly stop together.
const PATIENCE: Duration = Duration::from_secs(150);

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
            end_supervisor(supervisor).await?;
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

async fn end_supervisor(supervisor: &Identity) -> anyhow::Result<()> {
    supervisor.signal(Signal::TERM)?;
    let deadline = Instant::now() + PATIENCE;
    while supervisor.is_alive() {
        if Instant::now() > deadline {
            say("  · the supervisor does not end; stopping its children without it");
            supervisor.signal(Signal::KILL)?;
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    while supervisor.is_alive() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
