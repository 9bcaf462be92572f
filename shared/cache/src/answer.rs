//! A kept answer: its bytes, its validator and its age.

use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Bytes of the digest that make the validator; 96 bits are plenty to tell answers apart.
const ETAG_BYTES: usize = 12;

/// An answer and what HTTP wants to know of it.
#[derive(Debug)]
pub struct Answer {
    /// The answer itself.
    pub body: Bytes,
    /// A strong validator of the bytes, with its quotes.
    pub etag: String,
    stored_at_ms: u64,
    refreshing: AtomicBool,
}

impl Answer {
    /// An answer that came from its source just now.
    pub fn fresh(body: Vec<u8>) -> Self {
        Self::stored(body.into(), now_ms())
    }

    fn stored(body: Bytes, stored_at_ms: u64) -> Self {
        let mut etag = String::with_capacity(ETAG_BYTES * 2 + 2);
        etag.push('"');
        for byte in Sha256::digest(&body).iter().take(ETAG_BYTES) {
            // Writing to a string does not fail.
            let _ = write!(etag, "{byte:02x}");
        }
        etag.push('"');
        Self {
            body,
            etag,
            stored_at_ms,
            refreshing: AtomicBool::new(false),
        }
    }

    /// How long ago the source gave it.
    pub fn age(&self) -> Duration {
        Duration::from_millis(now_ms().saturating_sub(self.stored_at_ms))
    }

    /// Whether the caller is the one to fetch a new answer; true once until [`Answer::give_up_refresh`].
    pub(crate) fn claim_refresh(&self) -> bool {
        !self.refreshing.swap(true, Ordering::AcqRel)
    }

    /// The refresh failed: a later caller may try.
    pub(crate) fn give_up_refresh(&self) {
        self.refreshing.store(false, Ordering::Release);
    }

    /// As it is kept in Redis: the time in milliseconds since 1970 (8 bytes, big endian), then the body.
    pub(crate) fn to_wire(&self) -> Vec<u8> {
        let mut wire = Vec::with_capacity(self.body.len().saturating_add(8));
        wire.extend_from_slice(&self.stored_at_ms.to_be_bytes());
        wire.extend_from_slice(&self.body);
        wire
    }

    /// From what Redis kept. Anything else under the key is a miss.
    pub(crate) fn from_wire(wire: Vec<u8>) -> Option<Self> {
        let wire = Bytes::from(wire);
        let stored_at_ms = u64::from_be_bytes(wire.get(..8)?.try_into().ok()?);
        Some(Self::stored(wire.slice(8..), stored_at_ms))
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_survives_the_wire_with_its_age_and_validator() {
        let answer = Answer::stored(Bytes::from_static(b"[1]"), now_ms() - 5_000);
        let back = Answer::from_wire(answer.to_wire()).unwrap();
        assert_eq!(back.body, answer.body);
        assert_eq!(back.etag, answer.etag);
        assert!(back.age() >= Duration::from_secs(5));
    }

    #[test]
    fn different_bytes_have_different_validators() {
        assert_ne!(
            Answer::fresh(b"[1]".to_vec()).etag,
            Answer::fresh(b"[2]".to_vec()).etag
        );
    }

    #[test]
    fn what_is_not_an_answer_is_a_miss() {
        assert!(Answer::from_wire(b"short".to_vec()).is_none());
    }
}
