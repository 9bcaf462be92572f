//! What is remembered on disk: the state of the installation and one record a running child.
//!
//! Every file is replaced by an atomic rename, so a reader never sees half of one. One that is damaged
//! all the same is taken for absent: nothing but what runs at the moment is known by it.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::process::Identity;

/// The extension of a file that could not be read.
pub(crate) const DAMAGED: &str = "damaged";

/// Where the supervisor is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Phase {
    #[default]
    Stopped,
    Starting,
    Ready,
    Stopping,
    Failed,
}

/// `state.json`: written by the supervisor only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) phase: Phase,
    pub(crate) supervisor: Option<Identity>,
    /// Chosen ports by endpoint name, kept for the next start.
    #[serde(default)]
    pub(crate) ports: BTreeMap<String, u16>,
    /// Started without the services.
    #[serde(default)]
    pub(crate) stores_only: bool,
    #[serde(default)]
    pub(crate) failure: Option<String>,
}

impl State {
    pub(crate) fn load(path: &Path) -> anyhow::Result<Self> {
        Ok(read_json(path)?.unwrap_or_default())
    }

    pub(crate) fn save(&self, path: &Path) -> anyhow::Result<()> {
        write_json(path, self)
    }

    /// The supervisor, if the one named here still runs.
    pub(crate) fn live_supervisor(&self) -> Option<&Identity> {
        self.supervisor
            .as_ref()
            .filter(|identity| identity.is_alive())
    }
}

/// What a child is, which decides how and when it is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Runs to its end: a migration, a data load.
    Task,
    Service,
    Redis,
    Postgres,
}

/// `run/<name>.json`: one child that runs, or ran when its supervisor was lost.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// Place in the starting order; stopping goes backwards.
    pub(crate) order: usize,
    pub(crate) identity: Identity,
}

impl Record {
    pub(crate) fn path(run_dir: &Path, name: &str) -> PathBuf {
        run_dir.join(format!("{name}.json"))
    }

    pub(crate) fn save(&self, run_dir: &Path) -> anyhow::Result<()> {
        write_json(&Self::path(run_dir, &self.name), self)
    }

    pub(crate) fn load(run_dir: &Path, name: &str) -> anyhow::Result<Option<Self>> {
        read_json(&Self::path(run_dir, name))
    }

    /// Forgets the record, unless a later process has taken its place.
    pub(crate) fn forget(&self, run_dir: &Path) {
        let current = Self::load(run_dir, &self.name).ok().flatten();
        if current.is_some_and(|record| record.identity == self.identity) {
            let _ = std::fs::remove_file(Self::path(run_dir, &self.name));
        }
    }

    /// All records, alive or stale.
    pub(crate) fn all(run_dir: &Path) -> anyhow::Result<Vec<Self>> {
        let entries = match std::fs::read_dir(run_dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => {
                return Err(error).with_context(|| format!("reading {}", run_dir.display()));
            }
        };
        let mut records = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                records.extend(read_json::<Self>(&path)?);
            }
        }
        Ok(records)
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> anyhow::Result<Option<T>> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
    };
    match serde_json::from_slice(&text) {
        Ok(value) => Ok(Some(value)),
        Err(error) => {
            set_aside(path, &error);
            Ok(None)
        }
    }
}

/// Keeps a file that cannot be read for whoever wants to know, out of the way: what it said is found
/// again (running stores) or chosen again (ports), and the data is elsewhere.
fn set_aside(path: &Path, error: &serde_json::Error) {
    let aside = path.with_extension(DAMAGED);
    let moved = match std::fs::rename(path, &aside) {
        Ok(()) => format!("it is kept as {}", aside.display()),
        Err(error) => format!("it cannot be moved aside: {error}"),
    };
    let _ = writeln!(
        io::stderr(),
        "mvp: {} is damaged ({error}) and taken for absent; {moved}",
        path.display()
    );
}

fn write_json<T: Serialize>(path: &Path, value: &T) -> anyhow::Result<()> {
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    let write = || -> anyhow::Result<()> {
        let mut file = std::fs::File::create(&draft)?;
        file.write_all(&serde_json::to_vec_pretty(value)?)?;
        // On the disk before it has the name: after a power cut the file is the old one or the new one.
        file.sync_all()?;
        std::fs::rename(&draft, path)?;
        Ok(())
    };
    write()
        .inspect_err(|_| drop(std::fs::remove_file(&draft)))
        .with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_written_leaves_no_draft() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("state.json");
        std::fs::create_dir(&taken).unwrap();
        State::default().save(&taken).unwrap_err();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_file_is_taken_for_absent_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state.json");
        for text in ["", "{\"phase\": \"rea", "[1, 2]", "\0\0\0\0"] {
            std::fs::write(&state, text).unwrap();
            assert_eq!(State::load(&state).unwrap(), State::default());
            let kept = folder.path().join("state.damaged");
            assert_eq!(std::fs::read_to_string(kept).unwrap(), text);
            assert!(!state.exists());
        }
        std::fs::write(folder.path().join("gateway.json"), "{").unwrap();
        assert!(Record::all(folder.path()).unwrap().is_empty());
        assert!(Record::all(folder.path()).unwrap().is_empty());
    }
}
