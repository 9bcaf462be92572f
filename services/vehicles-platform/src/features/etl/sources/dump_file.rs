//! A dump on disk: plain, gzip, zstd, or the first dump in a zip archive, told apart by the first bytes.

use super::super::dump::read_dump;
use super::super::rows::RowSink;
use super::super::{EtlError, SourceError};
use super::{Gauge, ReleaseSource};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use tempfile::NamedTempFile;

const READ_BUFFER_BYTES: usize = 256 * 1024;

/// An open dump. A downloaded one is deleted when it is dropped.
pub(super) struct DumpFile {
    file: File,
    _temporary: Option<NamedTempFile>,
}

impl DumpFile {
    /// Opens a file and says its checksum.
    pub(super) fn open(path: &Path) -> Result<(Self, String), SourceError> {
        let unreachable = |source: io::Error| SourceError::Unreachable {
            place: path.display().to_string(),
            source: Box::new(source),
        };
        let mut file = File::open(path).map_err(unreachable)?;
        let checksum = checksum(&mut file).map_err(SourceError::Unreadable)?;
        let dump = Self {
            file,
            _temporary: None,
        };
        Ok((dump, checksum))
    }

    /// Takes a file that was downloaded.
    pub(super) fn from_temporary(temporary: NamedTempFile) -> Result<Self, SourceError> {
        let file = temporary.reopen().map_err(SourceError::Unreadable)?;
        Ok(Self {
            file,
            _temporary: Some(temporary),
        })
    }
}

impl ReleaseSource for DumpFile {
    fn read(
        self: Box<Self>,
        gauge: &Gauge,
        sink: &mut dyn RowSink,
    ) -> Result<Option<String>, EtlError> {
        let mut file = self.file;
        let size = file.metadata().map_err(SourceError::Unreadable)?.len();
        let format = Format::of(&mut file)?;
        gauge.set_total(size);
        let counted = Counted { inner: file, gauge };
        match format {
            Format::Plain => read_dump(counted, sink)?,
            Format::Gzip => {
                let buffered = BufReader::with_capacity(READ_BUFFER_BYTES, counted);
                read_dump(flate2::bufread::MultiGzDecoder::new(buffered), sink)?;
            }
            Format::Zstd => {
                let decoder = zstd::Decoder::new(counted).map_err(SourceError::Unreadable)?;
                read_dump(decoder, sink)?;
            }
            Format::Zip => read_zip(counted, sink)?,
        }
        Ok(None)
    }
}

fn read_zip(archive: Counted<'_>, sink: &mut dyn RowSink) -> Result<(), EtlError> {
    let buffered = BufReader::with_capacity(READ_BUFFER_BYTES, archive);
    let mut archive = zip::ZipArchive::new(buffered).map_err(SourceError::Zip)?;
    let is_dump = |name: &str| {
        let path = Path::new(name);
        path.extension().is_some_and(|kind| {
            kind.eq_ignore_ascii_case("plain") || kind.eq_ignore_ascii_case("sql")
        })
    };
    let index = archive
        .file_names()
        .position(|name| name.is_ok_and(|name| is_dump(&name)))
        .ok_or(SourceError::NoDumpInZip)?;
    let entry = archive.by_index(index).map_err(SourceError::Zip)?;
    read_dump(entry, sink)
}

#[derive(Debug, PartialEq)]
enum Format {
    Plain,
    Gzip,
    Zstd,
    Zip,
}

impl Format {
    /// Looks at the first bytes and goes back to the start.
    fn of(file: &mut File) -> Result<Self, SourceError> {
        let mut start = Vec::new();
        file.by_ref()
            .take(512)
            .read_to_end(&mut start)
            .map_err(SourceError::Unreadable)?;
        file.seek(SeekFrom::Start(0))
            .map_err(SourceError::Unreadable)?;
        Self::of_start(&start)
    }

    fn of_start(start: &[u8]) -> Result<Self, SourceError> {
        let text = start.trim_ascii_start();
        match start {
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Ok(Self::Zstd),
            [0x1f, 0x8b, ..] => Ok(Self::Gzip),
            [b'P', b'K', 3, 4, ..] => Ok(Self::Zip),
            [] => Err(SourceError::Format("the file is empty")),
            [b'P', b'G', b'D', b'M', b'P', ..] => Err(SourceError::Format(
                "it is in pg_dump's custom format; a plain one is needed",
            )),
            _ if start.contains(&0) => Err(SourceError::Format("it is not text")),
            _ if text.starts_with(b"<") => Err(SourceError::Format("it is a web page")),
            _ => Ok(Self::Plain),
        }
    }
}

/// Counts what is read into the gauge.
struct Counted<'a> {
    inner: File,
    gauge: &'a Gauge,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.gauge.add(u64::try_from(count).unwrap_or(0));
        Ok(count)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.inner.seek(position)
    }
}

/// The SHA-256 of a file in hexadecimal; the file is at its start again afterwards.
fn checksum(file: &mut File) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; READ_BUFFER_BYTES];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        hasher.update(buffer.get(..count).unwrap_or_default());
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(hexadecimal(hasher))
}

/// The digest as the registry holds it.
pub(super) fn hexadecimal(hasher: Sha256) -> String {
    use std::fmt::Write;
    hasher
        .finalize()
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_dump_is_named() {
        for (start, said) in [
            (&b""[..], "empty"),
            (b"PGDMP\x01", "custom format"),
            (b"\n<!DOCTYPE html>", "web page"),
            (b"MZ\0\0", "not text"),
        ] {
            let error = Format::of_start(start).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
