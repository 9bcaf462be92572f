//! Reading the keys of one consumer from a secret file.

use std::io;
use std::path::{Path, PathBuf};

/// Shorter keys could be guessed; a generated one has 40 characters and more.
const MIN_KEY_LENGTH: usize = 24;

/// A file with the keys of one consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    path: PathBuf,
}

/// Why a key file cannot be used. No message holds any part of a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be read.
    #[error("cannot read the key file {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file holds no key.
    #[error("the key file {path} holds no key")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A line is not a key.
    #[error(
        "line {line} of the key file {path} is not a key of at least 24 printable characters without blanks"
    )]
    BadKey {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// Others than the owner and its group may read the file.
    #[error("the key file {path} is readable by everyone; allow only its owner (chmod 600)")]
    TooOpen {
        /// The file.
        path: PathBuf,
    },
}

impl KeyFile {
    /// A key file at this path; nothing is read yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The consumer whose keys these are: the file's name without what follows the last dot.
    pub(crate) fn consumer(&self) -> String {
        self.path.file_stem().map_or_else(
            || "unnamed".to_owned(),
            |s| s.to_string_lossy().into_owned(),
        )
    }

    /// The first key, for whoever shows it rather than checks it.
    pub fn first(&self, strict: bool) -> Result<String, KeyFileError> {
        let keys = self.read(strict)?;
        let empty = || KeyFileError::Empty {
            path: self.path.clone(),
        };
        keys.into_iter().next().ok_or_else(empty)
    }

    pub(crate) fn read(&self, strict: bool) -> Result<Vec<String>, KeyFileError> {
        let path = || self.path.clone();
        let unreadable = |source| KeyFileError::Unreadable {
            path: path(),
            source,
        };
        if strict && readable_by_everyone(&self.path).map_err(unreadable)? {
            return Err(KeyFileError::TooOpen { path: path() });
        }
        let text = std::fs::read_to_string(&self.path).map_err(unreadable)?;
        let mut keys = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let key = line.trim();
            if key.is_empty() || key.starts_with('#') {
                continue;
            }
            if key.len() < MIN_KEY_LENGTH || !key.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(KeyFileError::BadKey {
                    path: path(),
                    line: index.saturating_add(1),
                });
            }
            keys.push(key.to_owned());
        }
        if keys.is_empty() {
            Err(KeyFileError::Empty { path: path() })
        } else {
            Ok(keys)
        }
    }
}

#[cfg(unix)]
fn readable_by_everyone(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o004 != 0)
}

#[cfg(not(unix))]
fn readable_by_everyone(path: &Path) -> io::Result<bool> {
    std::fs::metadata(path).map(|_| false)
}
