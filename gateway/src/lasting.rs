//! Text of the settings that lives as long as the process.
//!
//! Each is kept once, so there is no more of it than of different values in all settings that were ever
//! in force. In return a header made of it costs no counting of references.

use http::HeaderValue;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// The same text, for ever.
pub(crate) fn lasting(text: &str) -> &'static str {
    static TEXTS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = texts.get(text) {
        return known;
    }
    let text: &'static str = text.to_owned().leak();
    texts.insert(text);
    text
}

/// The text as a header's value, if it can be one.
pub(crate) fn lasting_header(text: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(text).ok()?;
    // It was tried just now: what is not visible ASCII would panic here.
    Some(HeaderValue::from_static(lasting(text)))
}
