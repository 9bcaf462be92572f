//! New settings while the gateway runs: when a file changes, on SIGHUP, or when the operator asks.
//!
//! Settings are taken as a whole or not at all. Requests on their way end on the terms they began with.

use crate::check;
use crate::settings::Settings;
use crate::state::Shared;
use arc_swap::ArcSwap;
use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry};
use serde::Serialize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::MissedTickBehavior;

/// How often the files are looked at. A look is one `stat` a file.
const INTERVAL: Duration = Duration::from_secs(1);

/// What tells one state of a file from another.
type Stamp = Option<(SystemTime, u64)>;
type Load = dyn Fn() -> Result<Settings, String> + Send + Sync;

/// Where settings come from, so that they can be read again.
pub struct Source {
    files: Vec<PathBuf>,
    load: Box<Load>,
    seen: Mutex<Vec<Stamp>>,
}

/// Why settings are not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// What is wrong, beginning with the key where there is one.
    pub reason: String,
    /// The file that says so, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// The line in it, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

/// Which settings are in force.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Status {
    /// How often settings were taken, from 1.
    pub(crate) generation: u64,
    /// When those in force were taken.
    pub(crate) taken_at: String,
    /// Why those that came after them were not.
    pub(crate) rejected: Option<Rejected>,
}

/// Takes new settings.
pub(crate) struct Reloader {
    live: Arc<ArcSwap<Shared>>,
    source: Option<Source>,
    began_with: Settings,
    status: Mutex<Status>,
    taken: IntCounter,
    refused: IntCounter,
    is_rejected: IntGauge,
}

impl Source {
    /// The files that `load` reads; their present state counts as read.
    pub fn new(
        files: Vec<PathBuf>,
        load: impl Fn() -> Result<Settings, String> + Send + Sync + 'static,
    ) -> Self {
        let seen = Mutex::new(stamps(&files));
        Self {
            files,
            load: Box::new(load),
            seen,
        }
    }

    /// Reads the settings.
    pub fn load(&self) -> Result<Settings, String> {
        (self.load)()
    }

    /// The file and the line that a reason speaks of.
    pub fn locate(&self, reason: String) -> Rejected {
        let find = |line_of: fn(&str, &str) -> Option<usize>| {
            // The last file wins over the others, so it is looked at first.
            self.files.iter().rev().find_map(|file| {
                let text = std::fs::read_to_string(file).ok()?;
                Some((file.clone(), line_of(&text, &reason)?))
            })
        };
        let place = find(check::exact_line_of).or_else(|| find(check::line_of));
        let (file, line) = place.unzip();
        Rejected { reason, file, line }
    }

    fn has_changed(&self) -> bool {
        let now = stamps(&self.files);
        let mut seen = lock(&self.seen);
        let changed = *seen != now;
        *seen = now;
        changed
    }
}

impl Reloader {
    pub(crate) fn new(
        live: Arc<ArcSwap<Shared>>,
        source: Option<Source>,
        began_with: &Settings,
        registry: &Registry,
    ) -> Result<Self, prometheus::Error> {
        let reloads = IntCounterVec::new(
            Opts::new(
                "mvp_gateway_reloads_total",
                "Settings that were read again and taken, or not",
            ),
            &["result"],
        )?;
        registry.register(Box::new(reloads.clone()))?;
        let is_rejected = IntGauge::new(
            "mvp_gateway_settings_rejected",
            "1 while the settings in force are older than the files, which cannot be used",
        )?;
        registry.register(Box::new(is_rejected.clone()))?;
        Ok(Self {
            live,
            source,
            began_with: began_with.clone(),
            status: Mutex::new(Status {
                generation: 1,
                taken_at: now(),
                rejected: None,
            }),
            taken: reloads.with_label_values(&["taken"]),
            refused: reloads.with_label_values(&["rejected"]),
            is_rejected,
        })
    }

    /// Which settings are in force.
    pub(crate) fn status(&self) -> Status {
        lock(&self.status).clone()
    }

    /// Reads the settings and puts them in force, all of them or none. Needs a tokio runtime.
    pub(crate) fn reload(&self) -> Result<Status, Rejected> {
        // One at a time: the second then finds what the first has left.
        let mut status = lock(&self.status);
        match self.try_reload() {
            Ok(()) => {
                status.generation = status.generation.saturating_add(1);
                status.taken_at = now();
                status.rejected = None;
                self.taken.inc();
                self.is_rejected.set(0);
                tracing::info!(generation = status.generation, "new settings are in force");
                Ok(status.clone())
            }
            Err(rejected) => {
                status.rejected = Some(rejected.clone());
                self.refused.inc();
                self.is_rejected.set(1);
                tracing::error!(
                    reason = rejected.reason,
                    file = ?rejected.file,
                    line = rejected.line,
                    "the new settings cannot be used; the old ones stay"
                );
                Err(rejected)
            }
        }
    }

    fn try_reload(&self) -> Result<(), Rejected> {
        let Some(source) = &self.source else {
            return Err(Rejected {
                reason: "the settings did not come from files".to_owned(),
                file: None,
                line: None,
            });
        };
        let reject = |reason: String| source.locate(reason);
        let settings = source.load().map_err(reject)?;
        if let Some(reason) = check::problems(&settings) {
            return Err(reject(reason));
        }
        if let Some(key) = needs_restart(&self.began_with, &settings) {
            return Err(reject(format!("{key}: cannot change without a restart")));
        }
        let old = self.live.load_full();
        let fresh = old.renewed(&settings);
        let fresh = Arc::new(fresh.map_err(|error| reject(error.to_string()))?);
        self.live.store(Arc::clone(&fresh));
        fresh.begin();
        old.give_way_to(&fresh);
        Ok(())
    }

    /// Follows the files and SIGHUP until the task is aborted.
    pub(crate) async fn follow(self: Arc<Self>) {
        let Some(source) = &self.source else { return };
        let mut hangups = signal(SignalKind::hangup())
            .inspect_err(|error| tracing::warn!(%error, "SIGHUP cannot be watched"))
            .ok();
        let mut ticks = tokio::time::interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let hangup = async {
                match &mut hangups {
                    Some(hangups) => hangups.recv().await,
                    None => std::future::pending().await,
                }
            };
            let is_due = tokio::select! {
                _ = hangup => true,
                _ = ticks.tick() => source.has_changed(),
            };
            if is_due {
                // Told to the operator where it happens.
                let _ = self.reload();
            }
        }
    }
}

/// The key of a setting that is looked at only when the gateway starts, if it changed.
fn needs_restart(old: &Settings, new: &Settings) -> Option<&'static str> {
    [
        ("listen", old.listen == new.listen),
        ("tls", old.tls == new.tls),
        ("redis", old.redis == new.redis),
        ("tenant_keys", old.tenant_keys == new.tenant_keys),
        ("admin", old.admin == new.admin),
        ("workers", old.workers == new.workers),
        ("access_log", old.access_log == new.access_log),
        (
            "limits.max_connections",
            old.limits.max_connections == new.limits.max_connections,
        ),
        (
            "timeouts.last_call_ms",
            old.timeouts.last_call_ms == new.timeouts.last_call_ms,
        ),
        (
            "timeouts.stop_ms",
            old.timeouts.stop_ms == new.timeouts.stop_ms,
        ),
    ]
    .into_iter()
    .find_map(|(key, same)| (!same).then_some(key))
}

fn stamps(files: &[PathBuf]) -> Vec<Stamp> {
    let stamp = |file: &PathBuf| {
        let meta = std::fs::metadata(file).ok()?;
        Some((meta.modified().ok()?, meta.len()))
    };
    files.iter().map(stamp).collect()
}

fn now() -> String {
    jiff::Timestamp::now().to_string()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is held is replaced as a whole: a panic leaves it as it was.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_that_says_it_is_named_before_one_that_says_something_near_it() {
        let folder = tempfile::tempdir().unwrap();
        let files = ["first", "last"].map(|name| folder.path().join(name));
        std::fs::write(&files[0], "a:\n  b: 1\n  c: 1\n").unwrap();
        std::fs::write(&files[1], "x: 1\na:\n  b: 2\n").unwrap();
        let source = Source::new(files.to_vec(), || Err(String::new()));
        for (reason, place) in [
            ("a.b: is odd", Some((1, 3))),
            ("a.c: is odd", Some((0, 3))),
            ("a.d: is missing", Some((1, 2))),
            ("unknown field `c`, expected", Some((0, 3))),
            ("z: is missing", None),
        ] {
            let found = source.locate(reason.to_owned());
            let place = place.map(|(file, line)| (files[file].clone(), line));
            assert_eq!(found.file.zip(found.line), place, "{reason}");
        }
    }
}
