//! `mvp down`: asks the supervisor to stop everything, or stops what a lost one left.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::layout::Layout;
use crate::lock::Lock;
use crate::process::Identity;
use crate::record::{Phase, State};
use crate::report::{say, seconds};
use crate::{orphans, stop};

/// What a supervisor needs besides the stopping itself.
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
    let supervisor = Lock::supervisor(layout, &state);
    if let Some(supervisor) = &supervisor {
        end_supervisor(supervisor).await?;
    }
    // The lock keeps a start out while its predecessor's children are swept up.
    let Some(_lock) = Lock::take(layout)? else {
        anyhow::bail!("another mvp is starting or stopping this installation just now");
    };
    orphans::adopt(layout)?;
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
    if supervisor.is_some() || !left.is_empty() {
        say(format_args!(
            "  ✓ everything stopped in {}",
            seconds(start.elapsed())
        ));
    } else {
        say("  · nothing runs");
    }
    Ok(())
}

/// Afterwards the supervisor has ended: in order, or else by force and its children are still there.
pub(super) async fn end_supervisor(supervisor: &Identity) -> anyhow::Result<()> {
    if !supervisor.signal(Signal::TERM)? || ended(supervisor, stop::longest() + MARGIN).await {
        return Ok(());
    }
    say("  · the supervisor does not end; stopping its children without it");
    if !supervisor.signal(Signal::KILL)? || ended(supervisor, MARGIN).await {
        return Ok(());
    }
    anyhow::bail!(
        "the supervisor (pid {}) does not end, not even by SIGKILL: it waits for a device; \
         `mvp down` once more when that answers again",
        supervisor.pid
    )
}

async fn ended(process: &Identity, patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    while process.is_alive() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    !process.is_alive()
}
