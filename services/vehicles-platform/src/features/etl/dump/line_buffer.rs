//! Lines, and blocks of whole lines, out of a byte stream with one bounded buffer.

use super::super::SourceError;
use bytes::{Bytes, BytesMut};
use std::io::Read;

/// How much is read at a time. Blocks of rows are about this long.
const CHUNK_BYTES: usize = 256 * 1024;
/// No row of vPIC comes near this; a file without line ends must not fill the memory.
const LONGEST_LINE_BYTES: usize = 16 * 1024 * 1024;
/// What ends the rows of a COPY.
const END_OF_ROWS: &[u8] = b"\\.\n";

pub(super) struct LineBuffer<R> {
    reader: R,
    buffer: BytesMut,
    at_end: bool,
}

impl<R: Read> LineBuffer<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            buffer: BytesMut::new(),
            at_end: false,
        }
    }

    /// The next line without its end; nothing after the last one.
    pub(super) fn next_line(&mut self) -> Result<Option<Bytes>, SourceError> {
        let mut searched = 0;
        loop {
            let unsearched = self.buffer.get(searched..).unwrap_or_default();
            if let Some(at) = memchr::memchr(b'\n', unsearched) {
                let mut line = self.buffer.split_to(searched + at + 1);
                line.truncate(searched + at);
                return Ok(Some(line.freeze()));
            }
            searched = self.buffer.len();
            if !self.fill()? {
                let rest = self.buffer.split();
                return Ok((!rest.is_empty()).then(|| rest.freeze()));
            }
        }
    }

    /// The next block of whole rows of a COPY; nothing once its end has come.
    pub(super) fn next_rows(&mut self, table: &str) -> Result<Option<Bytes>, SourceError> {
        loop {
            if self.buffer.starts_with(END_OF_ROWS) {
                let _ = self.buffer.split_to(END_OF_ROWS.len());
                return Ok(None);
            }
            if let Some(at) = memchr::memmem::find(&self.buffer, b"\n\\.\n") {
                return Ok(Some(self.buffer.split_to(at + 1).freeze()));
            }
            if self.buffer.len() >= CHUNK_BYTES
                && let Some(at) = memchr::memrchr(b'\n', &self.buffer)
            {
                return Ok(Some(self.buffer.split_to(at + 1).freeze()));
            }
            if !self.fill()? {
                return Err(SourceError::EndsInsideRows {
                    table: table.to_owned(),
                });
            }
        }
    }

    /// Reads on until there is a chunk more; false at the end of the stream.
    fn fill(&mut self) -> Result<bool, SourceError> {
        if self.at_end {
            return Ok(false);
        }
        let had = self.buffer.len();
        if had > LONGEST_LINE_BYTES {
            return Err(SourceError::LineTooLong);
        }
        let mut filled = had;
        let wanted = had + CHUNK_BYTES;
        self.buffer.resize(wanted, 0);
        while filled < wanted {
            let free = self.buffer.get_mut(filled..).unwrap_or_default();
            match self.reader.read(free) {
                Ok(0) => {
                    self.at_end = true;
                    break;
                }
                Ok(count) => filled += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(SourceError::Unreadable(error)),
            }
        }
        self.buffer.truncate(filled);
        Ok(filled > had)
    }
}
