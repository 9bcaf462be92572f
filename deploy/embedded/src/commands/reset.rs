//! `mvp reset`: back to nothing, except the secrets.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, bail};

use super::down;
use crate::layout::Layout;
use crate::lock::Lock;
use crate::report::say;

pub(crate) async fn run(layout: &Layout, yes: bool) -> anyhow::Result<ExitCode> {
    if !layout.data.exists() {
        say(format_args!(
            "  · there is no data in {}",
            layout.data.display()
        ));
        return Ok(ExitCode::SUCCESS);
    }
    if !yes && !confirmed(layout)? {
        say("  · nothing was deleted");
        return Ok(ExitCode::FAILURE);
    }
    down::stop_everything(layout).await?;
    let Some(_lock) = Lock::take(layout)? else {
        bail!("another mvp has just started this installation");
    };
    // Only what is ours, by name: the folder may have been pointed anywhere.
    for folder in [
        layout.postgres_dir(),
        layout.redis_dir(),
        layout.lent_dir(),
        layout.run_dir(),
        layout.log_dir(),
    ] {
        if folder.exists() {
            std::fs::remove_dir_all(&folder)
                .with_context(|| format!("deleting {}", folder.display()))?;
        }
    }
    if layout.state_file().exists() {
        std::fs::remove_file(layout.state_file()).context("deleting the state")?;
    }
    say(format_args!(
        "  ✓ all data in {} is deleted",
        layout.data.display()
    ));
    say(format_args!(
        "  · the secrets in {} stay",
        layout.secrets.display()
    ));
    Ok(ExitCode::SUCCESS)
}

fn confirmed(layout: &Layout) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!(
            "this deletes all data in {}; say so with --yes",
            layout.data.display()
        );
    }
    let mut out = std::io::stdout().lock();
    write!(
        out,
        "  Delete all data in {}? Type yes: ",
        layout.data.display()
    )?;
    out.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}
