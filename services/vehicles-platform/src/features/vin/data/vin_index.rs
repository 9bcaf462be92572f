//! Loading the index that the ETL left with a release.

use crate::features::etl::{LiveRelease, vin_index_parts};
use crate::features::vin::error::VinError;
use pg::Db;
use std::io::{self, Read};
use std::time::Duration;
use vin_decoder::Index;

/// Some 20 MB come over; a database that takes longer for them is in trouble.
const LIMIT: Duration = Duration::from_secs(20);

/// The index of a release. It is unpacked and checked on a thread of its own, while the old one serves.
pub(crate) async fn index_of(db: Db, live: LiveRelease) -> Result<Index, VinError> {
    let rows = db
        .with_query_timeout(LIMIT)
        .query(&vin_index_parts(&live), &[])
        .await;
    let rows = match rows {
        Ok(rows) => rows,
        Err(error) if is_missing(&error) => return Err(VinError::NoIndex),
        Err(error) => return Err(error.into()),
    };
    let parts: Vec<Vec<u8>> = rows.iter().map(|row| row.get(0)).collect();
    drop(rows);
    let unpacked = tokio::task::spawn_blocking(move || {
        let packed = Parts {
            parts: parts.into_iter(),
            now: io::Cursor::default(),
        };
        let plain = zstd::Decoder::new(packed)?;
        Index::read_from(plain).map_err(VinError::Index)
    });
    unpacked.await.map_err(|_| VinError::Stopped)?
}

impl From<io::Error> for VinError {
    fn from(error: io::Error) -> Self {
        Self::Index(error.into())
    }
}

fn is_missing(error: &pg::DbError) -> bool {
    error.sql_state() == Some(&tokio_postgres::error::SqlState::UNDEFINED_TABLE)
}

/// The parts one after another, each let go once it is read.
struct Parts {
    parts: std::vec::IntoIter<Vec<u8>>,
    now: io::Cursor<Vec<u8>>,
}

impl Read for Parts {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.now.read(out)?;
            if count > 0 || out.is_empty() {
                return Ok(count);
            }
            match self.parts.next() {
                Some(next) => self.now = io::Cursor::new(next),
                None => return Ok(0),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_as_one() {
        let parts = vec![b"ab".to_vec(), Vec::new(), b"c".to_vec()].into_iter();
        let mut parts = Parts {
            parts,
            now: io::Cursor::default(),
        };
        let mut all = String::new();
        parts.read_to_string(&mut all).unwrap();
        assert_eq!(all, "abc");
    }
}
