//! Following the chain from its beginning.

use crate::chain::{GENESIS, Head, hex};
use crate::entries::entry_of;
use pg::{Db, DbError};
use serde::Serialize;

/// What following the chain found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// How many entries are right.
    pub entries: u64,
    /// The last right one; keep it elsewhere.
    pub head: Option<Head>,
    /// The first row that is not as it was written, and what is wrong with it.
    pub bad: Option<Bad>,
}

/// A row that is not as it was written.
#[derive(Debug, Serialize)]
pub struct Bad {
    /// Its place.
    pub seq: i64,
    /// What is wrong.
    pub reason: &'static str,
}

/// Reads every entry. `known`: an earlier head that must still be there.
pub async fn verify(db: &Db, known: Option<&Head>) -> Result<Report, DbError> {
    let mut report = Report {
        entries: 0,
        head: None,
        bad: None,
    };
    let (mut last, mut previous) = (0_i64, GENESIS.to_vec());
    loop {
        let rows = db
            .query(include_str!("queries/chain.sql"), &[&last])
            .await?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            let entry = entry_of(row);
            let (before, hash): (Vec<u8>, Vec<u8>) = (row.get("previous_hash"), row.get("hash"));
            let expected = last.saturating_add(1);
            let reason = if entry.seq != expected {
                Some("entries before it are missing")
            } else if before != previous {
                Some("it does not follow the entry before it")
            } else if entry.hash(&previous).as_slice() != hash {
                Some("it was changed")
            } else if known.is_some_and(|head| head.seq == entry.seq && head.hash != hex(&hash)) {
                Some("it is not the head that was kept")
            } else {
                None
            };
            if let Some(reason) = reason {
                report.bad = Some(Bad {
                    seq: entry.seq,
                    reason,
                });
                return Ok(report);
            }
            report.entries = report.entries.saturating_add(1);
            report.head = Some(Head {
                seq: entry.seq,
                hash: hex(&hash),
            });
            last = entry.seq;
            previous = hash;
        }
    }
    if let Some(head) = known.filter(|head| head.seq > last) {
        report.bad = Some(Bad {
            seq: head.seq,
            reason: "it was cut off the end",
        });
    }
    Ok(report)
}
