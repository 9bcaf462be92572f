//! One supervisor an installation: an advisory lock that the kernel lets go of with its process.

use std::fs::{File, OpenOptions, TryLockError};

use anyhow::Context as _;

use crate::layout::Layout;

/// Held for as long as it lives.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
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
        Ok(file.map(|file| Self { _file: file }))
    }
}
