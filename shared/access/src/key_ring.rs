//! The keys in force, as digests, and the look-up that takes the same time for every key.

use crate::{KeyFile, KeyFileError};
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;
use subtle::{ConditionallySelectable, ConstantTimeEq};

/// A caller known by one of its API keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Consumer(Arc<str>);

impl Consumer {
    /// A caller that somebody else knows.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The caller's name, as it stands in logs.
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

struct Entry {
    digest: [u8; 32],
    consumer: Consumer,
}

/// All keys that are valid now.
#[derive(Default)]
pub struct KeyRing {
    entries: Vec<Entry>,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing({} keys)", self.entries.len())
    }
}

impl KeyRing {
    /// Reads every file. In strict mode a file that everyone may read is refused.
    pub fn load(files: &[KeyFile], strict: bool) -> Result<Self, KeyFileError> {
        let mut entries = Vec::new();
        for file in files {
            let consumer = Consumer(file.consumer().into());
            let keys = file.read(strict)?;
            entries.extend(keys.iter().map(|key| Entry {
                digest: Sha256::digest(key.as_bytes()).into(),
                consumer: consumer.clone(),
            }));
        }
        Ok(Self { entries })
    }

    /// How many keys are valid.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no key is valid, so that nobody can call.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whose key this is. Every entry is compared, whichever matches.
    pub fn verify(&self, presented: &str) -> Option<Consumer> {
        let digest: [u8; 32] = Sha256::digest(presented.as_bytes()).into();
        let mut found = u32::MAX;
        for (index, entry) in (0_u32..).zip(&self.entries) {
            found.conditional_assign(&index, entry.digest.ct_eq(&digest));
        }
        let entry = self.entries.get(usize::try_from(found).ok()?)?;
        Some(entry.consumer.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    const OLD: &str = "mvp_svc_old_0123456789abcdef";
    const NEW: &str = "mvp_svc_new_0123456789abcdef";

    fn key_file(dir: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        path
    }

    #[test]
    fn two_keys_are_valid_while_one_replaces_the_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = key_file(&dir, "app", &format!("# rotating\n{OLD}\n\n{NEW}\n"));
        let ring = KeyRing::load(&[KeyFile::new(path)], true).unwrap();
        assert_eq!(ring.verify(OLD).unwrap().name(), "app");
        assert_eq!(ring.verify(NEW).unwrap().name(), "app");
        assert_eq!(ring.verify("mvp_svc_other_0123456789abcdef"), None);
        assert_eq!(ring.verify(""), None);
    }

    #[test]
    fn each_file_names_its_consumer() {
        let dir = tempfile::tempdir().unwrap();
        let files = [
            key_file(&dir, "one.key", OLD),
            key_file(&dir, "two.key", NEW),
        ];
        let ring = KeyRing::load(&files.map(KeyFile::new), true).unwrap();
        assert_eq!(ring.verify(OLD).unwrap().name(), "one");
        assert_eq!(ring.verify(NEW).unwrap().name(), "two");
    }

    #[test]
    fn a_short_key_is_refused_with_its_line_and_without_its_text() {
        let dir = tempfile::tempdir().unwrap();
        let path = key_file(&dir, "app", &format!("{OLD}\nhunter2\n"));
        let error = KeyRing::load(&[KeyFile::new(path)], true)
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("line 2 of the key file"), "{error}");
        assert!(!error.contains("hunter2"));
    }

    #[test]
    fn an_empty_ring_knows_nobody() {
        assert_eq!(KeyRing::default().verify(OLD), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_everyone_may_read_is_refused_in_strict_mode_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = key_file(&dir, "app", OLD);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let files = [KeyFile::new(&path)];
        let error = KeyRing::load(&files, true).unwrap_err();
        assert!(matches!(error, KeyFileError::TooOpen { path: named } if named == path));
        assert_eq!(KeyRing::load(&files, false).unwrap().len(), 1);
    }
}
