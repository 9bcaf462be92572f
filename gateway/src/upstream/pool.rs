//! The idle connections of one worker to one instance.

use super::link::Link;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

type Links = Vec<Box<Link>>;

/// The idle connections of one worker to one instance. No other thread ever wants the lock, except
/// to drop the pool.
#[derive(Default)]
pub(super) struct Pool {
    #[expect(clippy::vec_box, reason = "a link is boxed once and moved many times")]
    idle: Mutex<Vec<Box<Link>>>,
}

impl Pool {
    /// The connection used last is the one least likely to have been closed meanwhile.
    pub(super) fn take(&self, keep_alive: Duration, now: Instant) -> Option<Box<Link>> {
        loop {
            let link = self.idle().pop()?;
            if now.duration_since(link.idle_since) < keep_alive && link.is_usable() {
                return Some(link);
            }
        }
    }

    /// Keeps a connection, unless there are so many already.
    pub(super) fn put(&self, mut link: Box<Link>, max_idle: usize) {
        link.rest();
        link.idle_since = Instant::now();
        let mut idle = self.idle();
        if idle.len() < max_idle {
            idle.push(link);
        }
    }

    /// Drops connections that are too old or were closed.
    pub(super) fn sweep(&self, keep_alive: Duration) {
        self.idle()
            .retain(|link| link.idle_since.elapsed() < keep_alive && link.is_usable());
    }

    /// Drops them all.
    pub(super) fn clear(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> MutexGuard<'_, Links> {
        // A panic while the list was held leaves a list that is still a list.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}
