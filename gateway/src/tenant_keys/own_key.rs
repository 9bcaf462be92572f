//! The gateway's own key to the tenants platform, which follows its file when the platform refuses it.

use access::{KeyFile, KeyFileError};
use reqwest::header::HeaderValue;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// However often the platform refuses, the file is looked at no more often.
const PAUSE: Duration = Duration::from_secs(1);

pub(crate) struct OwnKey {
    file: KeyFile,
    strict: bool,
    state: Mutex<State>,
}

struct State {
    key: HeaderValue,
    looked: Instant,
}

impl OwnKey {
    /// Reads the first key of a file.
    pub(crate) fn read(file: KeyFile, strict: bool) -> Result<Self, KeyFileError> {
        let key = first(&file, strict)?;
        let looked = Instant::now();
        Ok(Self {
            file,
            strict,
            state: Mutex::new(State { key, looked }),
        })
    }

    /// The key as last read.
    pub(super) fn shown(&self) -> HeaderValue {
        self.lock().key.clone()
    }

    /// The key that the file holds instead of one that was refused, if it does by now.
    pub(super) fn instead_of(&self, refused: &HeaderValue) -> Option<HeaderValue> {
        let mut state = self.lock();
        if state.key == *refused && state.looked.elapsed() >= PAUSE {
            state.looked = Instant::now();
            match first(&self.file, self.strict) {
                Ok(key) if key != *refused => {
                    tracing::info!("the gateway's own key for the tenants platform was read again");
                    state.key = key;
                }
                Ok(_) => tracing::warn!("the tenants platform refuses the gateway's own key"),
                Err(error) => tracing::warn!(
                    %error,
                    "the tenants platform refuses the gateway's own key, and there is no other"
                ),
            }
        }
        (state.key != *refused).then(|| state.key.clone())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The key is replaced as a whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn first(file: &KeyFile, strict: bool) -> Result<HeaderValue, KeyFileError> {
    let key = file.first(strict)?;
    // A key is printable ASCII, so it can be a header.
    let mut key = HeaderValue::try_from(key).unwrap_or(HeaderValue::from_static(""));
    key.set_sensitive(true);
    Ok(key)
}
