//! The answers that are kept, and what keeps an outdated one from being put among them.

use super::known::{Kept, Known};
use moka::sync::Cache;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A key as it is kept: its digest.
pub(super) type Print = [u8; 32];

pub(super) struct Shelf {
    kept: Cache<Print, Arc<Kept>>,
    /// How often something was forgotten.
    epoch: Mutex<u64>,
}

impl Shelf {
    /// Room for so many answers.
    pub(super) fn new(most: u64) -> Self {
        Self {
            kept: Cache::new(most),
            epoch: Mutex::default(),
        }
    }

    pub(super) fn get(&self, print: &Print) -> Option<Arc<Kept>> {
        self.kept.get(print)
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.kept.run_pending_tasks();
        self.kept.entry_count()
    }

    /// To be read before the platform is asked.
    pub(super) fn epoch(&self) -> u64 {
        *self.lock()
    }

    /// Keeps an answer that was asked for in this epoch. If something was forgotten since then, the answer may be from before
    /// the event: it serves its own request only.
    pub(super) fn keep(&self, print: Print, kept: Kept, asked_in: u64) {
        // Held meanwhile, so that whoever forgets next finds the answer in its place.
        let epoch = self.lock();
        if *epoch == asked_in {
            self.kept.insert(print, Arc::new(kept));
        }
        drop(epoch);
    }

    /// Forgets what events may have made wrong. Looks at everything, so it is called once for many events.
    pub(super) fn forget(&self, is_touched: impl Fn(&Known) -> bool) {
        // First, so that an answer that is on its way stays out.
        let mut epoch = self.lock();
        *epoch = epoch.wrapping_add(1);
        drop(epoch);
        for (print, kept) in &self.kept {
            // What was refused may be let in now: it is short-lived, and asked about again.
            if kept
                .verdict
                .as_ref()
                .map_or(true, |known| is_touched(known))
            {
                self.kept.invalidate(&*print);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        // A number is whole at any time.
        self.epoch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
