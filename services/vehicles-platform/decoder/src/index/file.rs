//! The index as bytes: a header, the tables one after another, each with its length, and a checksum over all of it.
//!
//! It is written and read in one go, so that neither side ever holds it twice.

use super::{Index, Record, Texts};
use rustc_hash::FxHashMap;
use std::io::{self, Read, Write};

const MAGIC: [u8; 8] = *b"MVPVINIX";
/// The format of a written index: raised with every change of a table or of its meaning.
pub const FORMAT: u32 = 1;
/// What is read before it is known whether more will come.
const PIECE: usize = 64 * 1024;
/// A table longer than this is none.
const MOST_BYTES: u64 = 1 << 31;

/// Why bytes are no index.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// They begin otherwise.
    #[error("this is no index of a vPIC release")]
    Magic,
    /// Another version of the program made them.
    #[error("the index has format {found}; this program reads {FORMAT}")]
    Format {
        /// The format it has.
        found: u32,
    },
    /// They are not what was written.
    #[error("the index is damaged")]
    Damaged,
    /// They could not be read, or there are too few.
    #[error("the index cannot be read")]
    Unreadable(#[from] io::Error),
}

/// Every table, in the order of the file.
macro_rules! each_table {
    ($visit:ident) => {
        $visit!(
            elements,
            attributes,
            sets,
            keys,
            key_sets,
            schemas,
            schema_keys,
            patterns,
            formulas,
            wmis,
            wmi_makes,
            bands,
            manufacturers,
            makes,
            models,
            engine_patterns,
            conversions,
            spec_schemas,
            spec_groups,
            spec_rows,
            spec_years,
            defaults,
            errors,
            exceptions
        )
    };
}

impl Index {
    /// Writes the index.
    pub fn write_to(&self, out: impl Write) -> io::Result<()> {
        let mut out = Writer {
            out,
            sum: crc32fast::Hasher::new(),
        };
        out.put(&MAGIC)?;
        out.put(&FORMAT.to_le_bytes())?;
        out.table(self.texts.bytes.as_bytes())?;
        out.table(&self.texts.ends)?;
        macro_rules! write {
            ($($table:ident),*) => { $( out.table(&self.$table)?; )* };
        }
        each_table!(write);
        let sum = out.sum.clone().finalize();
        out.out.write_all(&sum.to_le_bytes())?;
        out.out.flush()
    }

    /// Reads an index, to its last byte.
    pub fn read_from(input: impl Read) -> Result<Self, IndexError> {
        let mut input = Reader {
            input,
            sum: crc32fast::Hasher::new(),
        };
        if input.get::<[u8; 8]>()? != MAGIC {
            return Err(IndexError::Magic);
        }
        let found = input.get()?;
        if found != FORMAT {
            return Err(IndexError::Format { found });
        }
        let mut index = Self::default();
        let bytes = String::from_utf8(input.table()?).map_err(|_| IndexError::Damaged)?;
        let ends = input.table()?;
        index.texts = Texts { bytes, ends };
        macro_rules! read {
            ($($table:ident),*) => { $( index.$table = input.table()?; )* };
        }
        each_table!(read);
        let expected = input.sum.clone().finalize();
        if input.get::<u32>()? != expected || input.input.read(&mut [0])? != 0 {
            return Err(IndexError::Damaged);
        }
        index.find_wmis();
        Ok(index)
    }

    pub(crate) fn find_wmis(&mut self) {
        let places = (0_u32..).zip(&self.wmis);
        self.by_wmi = places
            .map(|(place, wmi)| (wmi.code, place))
            .collect::<FxHashMap<_, _>>();
    }
}

struct Writer<W> {
    out: W,
    sum: crc32fast::Hasher,
}

impl<W: Write> Writer<W> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sum.update(bytes);
        self.out.write_all(bytes)
    }

    fn table<T: Record>(&mut self, rows: &[T]) -> io::Result<()> {
        let count = u64::try_from(rows.len()).map_err(io::Error::other)?;
        self.put(&count.to_le_bytes())?;
        let mut piece = Vec::with_capacity(PIECE);
        for row in rows {
            row.put(&mut piece);
            if piece.len() >= PIECE {
                self.put(&piece)?;
                piece.clear();
            }
        }
        self.put(&piece)
    }
}

struct Reader<R> {
    input: R,
    sum: crc32fast::Hasher,
}

impl<R: Read> Reader<R> {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), IndexError> {
        self.input.read_exact(bytes)?;
        self.sum.update(bytes);
        Ok(())
    }

    fn get<T: Record>(&mut self) -> Result<T, IndexError> {
        let mut bytes = vec![0; T::SIZE];
        self.fill(&mut bytes)?;
        T::get(&bytes).ok_or(IndexError::Damaged)
    }

    /// The rows of a table. Memory is taken as rows come, not as a damaged length says.
    fn table<T: Record>(&mut self) -> Result<Vec<T>, IndexError> {
        let count: u64 = self.get()?;
        let size = u64::try_from(T::SIZE).unwrap_or(u64::MAX);
        if count.saturating_mul(size) > MOST_BYTES {
            return Err(IndexError::Damaged);
        }
        let mut left = usize::try_from(count).map_err(|_| IndexError::Damaged)?;
        let most = (PIECE / T::SIZE).max(1);
        let mut rows = Vec::new();
        let mut piece = Vec::new();
        while left > 0 {
            let now = left.min(most);
            piece.resize(now.saturating_mul(T::SIZE), 0);
            self.fill(&mut piece)?;
            rows.reserve(if rows.is_empty() {
                now
            } else {
                left.min(rows.len())
            });
            for bytes in piece.chunks_exact(T::SIZE) {
                rows.push(T::get(bytes).ok_or(IndexError::Damaged)?);
            }
            left = left.saturating_sub(now);
        }
        rows.shrink_to_fit();
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tables::WmiRow;
    use super::*;

    fn sample() -> Index {
        let mut index = Index::default();
        index.texts.push("HONDA");
        index.texts.push("");
        index.sets = vec![1, u128::MAX];
        index.wmis = vec![WmiRow {
            code: *b"1HG\0\0\0",
            id: 1,
            public_from: -1,
            changed: 2,
            manufacturer: 3,
            vehicle_type: 4,
            vehicle_type_id: 2,
            truck_type_id: 0,
            vehicle_type_name: 0,
            first_band: 0,
            band_count: 0,
            first_make: 0,
            make_count: 0,
        }];
        index
    }

    fn written(index: &Index) -> Vec<u8> {
        let mut bytes = Vec::new();
        index.write_to(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn what_is_written_is_read_back() {
        let index = Index::read_from(&*written(&sample())).unwrap();
        assert_eq!(index.texts.get(0), Some("HONDA"));
        assert_eq!(index.texts.get(1), Some(""));
        assert_eq!(index.texts.get(2), None);
        assert_eq!(index.sets, sample().sets);
        assert_eq!(index.wmis, sample().wmis);
        assert_eq!(index.by_wmi.get(b"1HG\0\0\0"), Some(&0));
    }

    #[test]
    fn damage_of_any_byte_is_noticed() {
        let good = written(&sample());
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            assert!(Index::read_from(&*bad).is_err(), "byte {at}");
            assert!(Index::read_from(&good[..at]).is_err(), "{at} bytes");
        }
        let longer = [&good[..], b"x"].concat();
        assert!(matches!(
            Index::read_from(&*longer),
            Err(IndexError::Damaged)
        ));
    }

    #[test]
    fn another_format_is_named() {
        let mut bytes = written(&sample());
        bytes[8] = 9;
        let error = Index::read_from(&*bytes).unwrap_err();
        assert!(matches!(error, IndexError::Format { found: 9 }));
    }
}
