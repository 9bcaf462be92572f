//! One supervisor an installation: an advisory lock that the kernel lets go of with its process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;

use anyhow::Context as _;

use crate::layout::Layout;
use crate::process::Identity;
use crate::record::State;

/// Held for as long as it lives.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock; `None` when another process holds it.
    pub(crate) fn take(layout: &Layout) -> anyhow::Result<Option<Self>> {
        let path = layout.lock_file();
        let locked = || -> std::io::Result<Option<File>> {
            let file = OpenOptions::new().create(true).append(true).open(&path)?;
            match file.try_lock() {
                Ok(()) => Ok(Some(file)),
                Err(TryLockError::WouldBlock) => Ok(None),
                Err(TryLockError::Error(error)) => Err(error),
            }
        };
        let file = locked().with_context(|| {
            format!(
                "locking {} (does it belong to another user?)",
                path.display()
            )
        })?;
        let Some(file) = file else {
            return Ok(None);
        };
        // Whoever signed it before holds it no more.
        file.set_len(0)
            .with_context(|| format!("clearing {}", path.display()))?;
        Ok(Some(Self { file }))
    }

    /// Writes down who supervises, for the case that the state is lost.
    pub(crate) fn sign(&mut self, supervisor: &Identity) -> anyhow::Result<()> {
        let text = serde_json::to_vec(supervisor)?;
        self.file.write_all(&text).context("signing the lock")
    }

    /// The supervisor that runs: whom the state names, or where that was lost, who signed the lock.
    pub(crate) fn supervisor(layout: &Layout, state: &State) -> Option<Identity> {
        if let Some(supervisor) = state.live_supervisor() {
            return Some(supervisor.clone());
        }
        let text = std::fs::read(layout.lock_file()).ok()?;
        let supervisor: Identity = serde_json::from_slice(&text).ok()?;
        supervisor.is_alive().then_some(supervisor)
    }
}
