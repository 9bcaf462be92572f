//! The secrets an installation needs: made once, readable by their owner only, never replaced.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use rand::distr::{Alphanumeric, SampleString as _};

use crate::{account, catalogue};

/// 43 base62 characters carry 256 bits.
const LENGTH: usize = 43;

/// What `ensure` had to do.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Ensured {
    pub(crate) made: usize,
    /// Those that others could read until now.
    pub(crate) closed: Vec<String>,
}

/// Makes every secret that is missing, and closes to others every one that is open to them.
pub(crate) fn ensure(folder: &Path) -> anyhow::Result<Ensured> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("making the folder {}", folder.display()))?;
    let closed = too_open(folder);
    for name in &closed {
        let path = folder.join(name);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).with_context(
            || {
                format!(
                    "others may read the secret {}, and that cannot be changed here; `chmod 600` it",
                    path.display()
                )
            },
        )?;
    }
    let still_open = too_open(folder);
    anyhow::ensure!(
        still_open.is_empty(),
        "others may read {} in {} whatever their mode is set to: keep secrets on a file system that \
         knows permissions (MVP_SECRETS_DIR)",
        still_open.join(", "),
        folder.display()
    );
    let mut made = 0;
    for (name, is_api_key) in catalogue::secrets() {
        let path = folder.join(&name);
        if path.exists() {
            read(folder, &name)?;
            continue;
        }
        account::private_file(&path, &format!("{}\n", generate(is_api_key)), None)?;
        made += 1;
    }
    Ok(Ensured { made, closed })
}

/// A password, or an API key.
pub(crate) fn generate(is_api_key: bool) -> String {
    // The thread's generator is a CSPRNG seeded by the operating system.
    let random = Alphanumeric.sample_string(&mut rand::rng(), LENGTH);
    if is_api_key {
        format!("mvp_svc_{random}")
    } else {
        random
    }
}

/// A secret's first line.
pub(crate) fn read(folder: &Path, name: &str) -> anyhow::Result<String> {
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("reading the secret {}", path.display()))?;
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'));
    match line {
        Some(line) => Ok(line.to_owned()),
        None => bail!(
            "the secret {} is empty; delete it to have a new one made",
            path.display()
        ),
    }
}

/// Secrets that others than their owner may read.
pub(crate) fn too_open(folder: &Path) -> Vec<String> {
    catalogue::secrets()
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| {
            std::fs::metadata(folder.join(name))
                .is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_private_distinct_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let made = ensure(folder.path()).unwrap().made;
        assert_eq!(made, catalogue::secrets().len());
        assert!(too_open(folder.path()).is_empty());
        let key = read(folder.path(), catalogue::VEHICLES_API_KEY).unwrap();
        assert!(key.strip_prefix("mvp_svc_").unwrap().len() >= 32);
        let values: std::collections::BTreeSet<_> = catalogue::secrets()
            .iter()
            .map(|(name, _)| read(folder.path(), name).unwrap())
            .collect();
        assert_eq!(values.len(), made);
        assert_eq!(ensure(folder.path()).unwrap(), Ensured::default());
        assert_eq!(
            read(folder.path(), catalogue::VEHICLES_API_KEY).unwrap(),
            key
        );
    }

    #[test]
    fn a_secret_open_to_others_is_found_and_closed_and_keeps_its_value() {
        let folder = tempfile::tempdir().unwrap();
        ensure(folder.path()).unwrap();
        let path = folder.path().join("redis-app-password");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let value = read(folder.path(), "redis-app-password").unwrap();
        assert_eq!(too_open(folder.path()), ["redis-app-password"]);
        let ensured = ensure(folder.path()).unwrap();
        assert_eq!(
            (ensured.made, ensured.closed),
            (0, vec!["redis-app-password".to_owned()])
        );
        assert!(too_open(folder.path()).is_empty());
        assert_eq!(read(folder.path(), "redis-app-password").unwrap(), value);
    }
}
