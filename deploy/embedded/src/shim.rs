//! The last steps of this program inside a child, before it becomes the server or service:
//! the child writes its own record first, so no moment exists in which it runs unrecorded, and gives
//! up what rights it does not need.

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
    /// Ask the kernel for SIGTERM when this process, the supervisor, dies (Linux).
    #[arg(long)]
    die_with: Option<u32>,
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
        let (program, args) = self.command.split_first().context("no command")?;
        let mut command = Command::new(program);
        command.args(args);
        give_up_rights(self.uid.zip(self.gid), &mut command)?;
        // Only now: the kernel forgets this wish when a process changes its user.
        if let Some(parent) = self.die_with {
            die_with(parent)?;
        }
        let error = command.exec();
        Err(error).with_context(|| format!("starting {}", program.display()))
    }
}

/// Becomes the account, if there is one, and never more than it again, whatever it executes.
#[cfg(target_os = "linux")]
fn give_up_rights(account: Option<(u32, u32)>, _command: &mut Command) -> anyhow::Result<()> {
    use rustix::process::{Gid, Uid};
    use rustix::thread;
    if let Some((uid, gid)) = account {
        let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
        thread::set_thread_groups(&[]).context("leaving root's groups")?;
        thread::set_thread_res_gid(gid, gid, gid).context("taking the account's group")?;
        thread::set_thread_res_uid(uid, uid, uid).context("becoming the account")?;
    }
    thread::set_no_new_privs(true).context("giving up further privileges")
}

#[cfg(not(target_os = "linux"))]
fn give_up_rights(account: Option<(u32, u32)>, command: &mut Command) -> anyhow::Result<()> {
    if let Some((uid, gid)) = account {
        // The standard library drops supplementary groups along with root.
        command.uid(uid).gid(gid);
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn die_with(parent: u32) -> anyhow::Result<()> {
    use rustix::process::{Signal, getppid, set_parent_process_death_signal};
    set_parent_process_death_signal(Some(Signal::TERM))?;
    // It may have died before it was watched.
    let still = getppid().and_then(|pid| u32::try_from(pid.as_raw_nonzero().get()).ok());
    anyhow::ensure!(still == Some(parent), "the supervisor has gone");
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn die_with(_parent: u32) -> anyhow::Result<()> {
    Ok(())
}
