//! An entry, its hash, and the end of the chain.

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use uuid::Uuid;

/// What stands before the first entry.
pub(crate) const GENESIS: [u8; 32] = [0; 32];

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place, from 1.
    pub seq: i64,
    /// To the microsecond, as PostgreSQL keeps it.
    pub at: Timestamp,
    /// The program.
    pub consumer: String,
    /// The person it acted for.
    pub actor: Option<String>,
    /// The request in which it happened.
    pub request_id: Option<String>,
    /// What was done.
    pub action: String,
    /// Whose change it is.
    pub tenant_id: Option<Uuid>,
    /// What it was done to.
    pub subject: String,
    /// How it was, as JSON.
    pub before: Option<String>,
    /// How it became, as JSON.
    pub after: Option<String>,
}

/// The last entry: whoever keeps it elsewhere can tell whether entries were cut off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Head {
    /// Its place.
    pub seq: i64,
    /// Hexadecimal.
    pub hash: String,
}

impl Entry {
    /// The hash of the entry, after the one before it.
    pub fn hash(&self, previous: &[u8]) -> [u8; 32] {
        let at = self.at.as_microsecond().to_be_bytes();
        let seq = self.seq.to_be_bytes();
        let text = |text: &Option<String>| text.as_ref().map(|text| text.as_bytes().to_vec());
        let parts: [Option<Vec<u8>>; 10] = [
            Some(seq.to_vec()),
            Some(at.to_vec()),
            Some(self.consumer.as_bytes().to_vec()),
            text(&self.actor),
            text(&self.request_id),
            Some(self.action.as_bytes().to_vec()),
            self.tenant_id.map(|id| id.as_bytes().to_vec()),
            Some(self.subject.as_bytes().to_vec()),
            text(&self.before),
            text(&self.after),
        ];
        let mut digest = Sha256::new();
        digest.update(previous);
        for part in &parts {
            // With its length, so that nothing moves from one part to the next; an absent part is longer than any.
            let length = part.as_ref().map_or(u64::MAX, |part| {
                u64::try_from(part.len()).unwrap_or(u64::MAX)
            });
            digest.update(length.to_be_bytes());
            digest.update(part.as_deref().unwrap_or_default());
        }
        digest.finalize().into()
    }
}

impl std::str::FromStr for Head {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "a head is <seq>:<64 hexadecimal digits>";
        let (seq, hash) = text.split_once(':').ok_or(FORM)?;
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hash {
            return Err(FORM);
        }
        Ok(Self {
            seq: seq.parse().map_err(|_| FORM)?,
            hash: hash.to_ascii_lowercase(),
        })
    }
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            seq: 7,
            at: Timestamp::from_microsecond(1_700_000_000_123_456).unwrap(),
            consumer: "app".to_owned(),
            actor: Some("u1".to_owned()),
            request_id: None,
            action: "tenant.created".to_owned(),
            tenant_id: Some(Uuid::from_u128(1)),
            subject: "s".to_owned(),
            before: None,
            after: Some("{}".to_owned()),
        }
    }

    #[test]
    fn every_part_of_an_entry_is_in_its_hash() {
        let hash = entry().hash(&GENESIS);
        let changes: [fn(&mut Entry); 11] = [
            |it| it.seq = 8,
            |it| it.at = Timestamp::UNIX_EPOCH,
            |it| it.consumer.push('x'),
            |it| it.actor = None,
            |it| it.request_id = Some(String::new()),
            |it| it.action.push('x'),
            |it| it.tenant_id = None,
            |it| it.subject.push('x'),
            |it| it.before = Some(String::new()),
            |it| it.after = None,
            |it| {
                // Moved from one part to the next.
                it.consumer = "ap".to_owned();
                it.actor = Some("pu1".to_owned());
            },
        ];
        for change in changes {
            let mut other = entry();
            change(&mut other);
            assert_ne!(other.hash(&GENESIS), hash, "{other:?}");
        }
        assert_ne!(entry().hash(&hash), hash);
        assert_eq!(entry().hash(&GENESIS), hash);
    }

    #[test]
    fn a_head_is_read_back() {
        let head: Head = format!("12:{}", "ab".repeat(32)).parse().unwrap();
        assert_eq!((head.seq, head.hash.len()), (12, 64));
        for wrong in ["", "12", "x:ab", "12:ab"] {
            assert!(wrong.parse::<Head>().is_err(), "{wrong}");
        }
    }
}
