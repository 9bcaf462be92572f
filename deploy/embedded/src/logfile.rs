//! One bounded log file a child: `<name>.log`, and the part before it in `<name>.log.1`.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// A log is moved aside beyond this size, so one child never holds more than twice as much.
const LIMIT_BYTES: u64 = 8 * 1024 * 1024;

pub(crate) fn path(log_dir: &Path, name: &str) -> PathBuf {
    log_dir.join(format!("{name}.log"))
}

/// Opens a child's log for appending, after bounding it.
pub(crate) fn open(log_dir: &Path, name: &str) -> anyhow::Result<File> {
    let path = path(log_dir, name);
    bound(&path).with_context(|| format!("rotating {}", path.display()))?;
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(&path)
        .with_context(|| format!("opening the log {}", path.display()))
}

/// Copies a log that has grown too long aside and empties it. Its writer appends, so it goes on
/// at the new beginning and needs no signal; a line written in between may be lost.
pub(crate) fn bound(path: &Path) -> std::io::Result<()> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.len() > LIMIT_BYTES => {}
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    std::fs::copy(path, path.with_extension("log.1"))?;
    OpenOptions::new().write(true).open(path)?.set_len(0)
}

/// Bounds every log there is.
pub(crate) fn bound_all(log_dir: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(log_dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "log") {
            bound(&path)?;
        }
    }
    Ok(())
}

/// The last lines of a log, at most `count`, from its last 64 KB.
pub(crate) fn last_lines(path: &Path, count: usize) -> Vec<String> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(64 * 1024)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let skipped = lines.len().saturating_sub(count);
    lines.into_iter().skip(skipped).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_log_that_grew_too_long_is_moved_aside_under_its_writer() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = open(folder.path(), "noisy").unwrap();
        writer
            .write_all(&vec![b'x'; usize::try_from(LIMIT_BYTES).unwrap() + 1])
            .unwrap();
        bound_all(folder.path()).unwrap();
        writer.write_all(b"\nafter\n").unwrap();
        let log = path(folder.path(), "noisy");
        assert_eq!(std::fs::metadata(&log).unwrap().len(), 7);
        assert_eq!(last_lines(&log, 1), ["after"]);
        let aside = folder.path().join("noisy.log.1");
        assert_eq!(std::fs::metadata(aside).unwrap().len(), LIMIT_BYTES + 1);
    }

    #[test]
    fn the_last_lines_of_a_missing_log_are_none() {
        assert!(last_lines(Path::new("/nonexistent"), 5).is_empty());
    }
}
