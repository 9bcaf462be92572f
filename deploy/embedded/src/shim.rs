//! The last steps of this program inside a child, before it becomes the server or service:
//! the child writes its own record first, so no moment exists in which it runs unrecorded.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context as _;

use crate::process::Identity;
use crate::record::{Kind, Record};

/// Arguments of the hidden `exec-child` command.
#[derive(Debug, clap::Args)]
pub(crate) struct ExecChild {
    #[arg(long)]
    run_dir: PathBuf,
    #[arg(long)]
    name: String,
    #[arg(long)]
    kind: Kind,
    #[arg(long)]
    order: usize,
    #[arg(long, requires = "gid")]
    uid: Option<u32>,
    #[arg(long)]
    gid: Option<u32>,
    /// Ask the kernel for SIGTERM when the supervisor dies (Linux).
    #[arg(long)]
    die_with_parent: bool,
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

impl ExecChild {
    /// Replaces this process; returns only when that fails.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let identity = Identity::current().context("this process has no start time")?;
        let record = Record {
            name: self.name,
            kind: self.kind,
            order: self.order,
            identity,
        };
        record.save(&self.run_dir)?;
        if self.die_with_parent {
            die_with_parent()?;
        }
        let (program, args) = self.command.split_first().context("no command")?;
        let mut command = Command::new(program);
        command.args(args);
        if let (Some(uid), Some(gid)) = (self.uid, self.gid) {
            // The standard library drops supplementary groups along with root.
            command.uid(uid).gid(gid);
        }
        let error = command.exec();
        Err(error).with_context(|| format!("starting {}", program.display()))
    }
}

#[cfg(target_os = "linux")]
fn die_with_parent() -> anyhow::Result<()> {
    use rustix::process::{Signal, set_parent_process_death_signal};
    set_parent_process_death_signal(Some(Signal::TERM))?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent() -> anyhow::Result<()> {
    Ok(())
}
