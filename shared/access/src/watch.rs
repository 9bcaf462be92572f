//! Keys that follow their files: a changed file is read again while the process runs.

use crate::{Consumer, KeyFile, KeyFileError, KeyRing};
use arc_swap::ArcSwap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// How often the files are looked at. A look is one `stat` a file.
const INTERVAL: Duration = Duration::from_secs(2);

/// What tells one state of a file from another.
type Stamp = Option<(SystemTime, u64)>;

/// A key ring that is read again whenever one of its files changes.
#[derive(Clone)]
pub struct WatchedKeyRing {
    ring: Arc<ArcSwap<KeyRing>>,
}

impl WatchedKeyRing {
    /// Reads the files now and watches them from now on. Needs a tokio runtime.
    pub fn watch(files: Vec<KeyFile>, strict: bool) -> Result<Self, KeyFileError> {
        let seen = stamps(&files);
        let ring = Arc::new(ArcSwap::from_pointee(KeyRing::load(&files, strict)?));
        tokio::spawn(follow(Arc::downgrade(&ring), files, strict, seen));
        Ok(Self { ring })
    }

    /// Whose key this is, by the files as last read.
    pub fn verify(&self, presented: &str) -> Option<Consumer> {
        self.ring.load().verify(presented)
    }
}

async fn follow(
    ring: std::sync::Weak<ArcSwap<KeyRing>>,
    files: Vec<KeyFile>,
    strict: bool,
    mut seen: Vec<Stamp>,
) {
    let mut ticks = tokio::time::interval(INTERVAL);
    loop {
        ticks.tick().await;
        let Some(ring) = ring.upgrade() else { return };
        let now = stamps(&files);
        if now == seen {
            continue;
        }
        match KeyRing::load(&files, strict) {
            Ok(fresh) => {
                tracing::info!(keys = fresh.len(), "API keys read again");
                ring.store(Arc::new(fresh));
                seen = now;
            }
            // The keys in force stay. The files are tried again at each tick, so a file caught
            // half-written is not lost.
            Err(error) => tracing::warn!(%error, "API keys not read again; the old ones stay"),
        }
    }
}

fn stamps(files: &[KeyFile]) -> Vec<Stamp> {
    files
        .iter()
        .map(|file| {
            let meta = std::fs::metadata(file.path()).ok()?;
            Some((meta.modified().ok()?, meta.len()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "mvp_svc_old_0123456789abcdef";
    const NEW: &str = "mvp_svc_new_0123456789abcdef!";

    async fn until(mut condition: impl FnMut() -> bool) -> bool {
        for _ in 0..200 {
            if condition() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }

    #[tokio::test]
    async fn a_changed_file_changes_the_keys_and_a_broken_one_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app");
        std::fs::write(&path, OLD).unwrap();
        let keys = WatchedKeyRing::watch(vec![KeyFile::new(&path)], false).unwrap();
        assert!(keys.verify(OLD).is_some());

        std::fs::write(&path, NEW).unwrap();
        assert!(until(|| keys.verify(NEW).is_some()).await);
        assert!(keys.verify(OLD).is_none());

        std::fs::write(&path, "short").unwrap();
        assert!(!until_ticks(2, || keys.verify(NEW).is_none()).await);
    }

    /// Watches for as many ticks of the follower.
    async fn until_ticks(ticks: u32, mut condition: impl FnMut() -> bool) -> bool {
        let end = tokio::time::Instant::now() + INTERVAL * ticks;
        while tokio::time::Instant::now() < end {
            if condition() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }
}
