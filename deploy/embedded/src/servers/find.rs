//! Finding PostgreSQL (14 or later) and Redis or Valkey where packages put them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

/// The oldest PostgreSQL that the migrations are written for.
const OLDEST_POSTGRES: u32 = 14;

/// A PostgreSQL: the folder that holds `initdb` and `postgres`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PostgresServer {
    pub(crate) bin_dir: PathBuf,
    pub(crate) major: u32,
    pub(crate) version: String,
}

/// A Redis or a Valkey.
#[derive(Clone, Debug)]
pub(crate) struct RedisServer {
    pub(crate) program: PathBuf,
    pub(crate) version: String,
}

impl RedisServer {
    /// Its command line client.
    pub(crate) fn client(&self) -> PathBuf {
        let name = self
            .program
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        self.program.with_file_name(name.replace("-server", "-cli"))
    }
}

/// The PostgreSQL to use: the one that wrote the data, else the first found.
pub(crate) fn postgres(data_major: Option<u32>) -> anyhow::Result<Option<PostgresServer>> {
    let found = postgres_candidates();
    let Some(major) = data_major else {
        return Ok(found.into_iter().next());
    };
    if let Some(server) = found.iter().find(|server| server.major == major) {
        return Ok(Some(server.clone()));
    }
    if let Some(other) = found.first() {
        bail!(
            "the data was written by PostgreSQL {major}, and this machine has {}; install \
             PostgreSQL {major} beside it (it need not run), or `mvp reset` to start from nothing",
            other.version
        );
    }
    Ok(None)
}

/// Every PostgreSQL 14 or later: `PATH` first, then Debian's folders newest first, then Homebrew's.
pub(crate) fn postgres_candidates() -> Vec<PostgresServer> {
    let mut folders: Vec<PathBuf> = path_folders()
        .into_iter()
        // A link such as /usr/local/bin/postgres leads to the folder that has the rest.
        .filter_map(|folder| {
            let program = folder.join("postgres").canonicalize().ok()?;
            program.parent().map(Path::to_path_buf)
        })
        .collect();
    folders.extend(versioned(Path::new("/usr/lib/postgresql"), "", "bin"));
    folders.extend(versioned(Path::new("/usr/local/pgsql"), "", "bin"));
    for prefix in ["/opt/homebrew/opt", "/usr/local/opt"] {
        folders.extend(versioned(Path::new(prefix), "postgresql@", "bin"));
    }
    let mut found: Vec<PostgresServer> = Vec::new();
    for folder in folders {
        if found.iter().all(|server| server.bin_dir != folder) {
            found.extend(postgres_in(&folder));
        }
    }
    found
}

fn postgres_in(folder: &Path) -> Option<PostgresServer> {
    if !folder.join("initdb").is_file() {
        return None;
    }
    let version = version_of(&folder.join("postgres"))?;
    let major = major_of(&version)?;
    let version = version
        .trim_start_matches("postgres (PostgreSQL) ")
        .to_owned();
    (major >= OLDEST_POSTGRES).then(|| PostgresServer {
        bin_dir: folder.to_path_buf(),
        major,
        version,
    })
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` is 15; `18beta1` is 18.
fn major_of(version: &str) -> Option<u32> {
    let number = version.split(") ").nth(1)?;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// `<root>/<prefix><number>/<suffix>`, the highest number first.
fn versioned(root: &Path, prefix: &str, suffix: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(root) else {
        return Vec::new();
    };
    let mut numbered: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let number = name.to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((number, entry.path().join(suffix)))
        })
        .collect();
    numbered.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    numbered.into_iter().map(|(_, folder)| folder).collect()
}

/// Redis, or its free successor Valkey.
pub(crate) fn redis() -> Option<RedisServer> {
    let mut folders = path_folders();
    let usual = [
        "/usr/bin",
        "/usr/local/bin",
        "/opt/homebrew/bin",
        "/opt/homebrew/opt/redis/bin",
    ];
    folders.extend(usual.iter().map(PathBuf::from));
    ["redis-server", "valkey-server"].iter().find_map(|name| {
        folders
            .iter()
            .map(|folder| folder.join(name))
            .find_map(|program| {
                let version = version_of(&program)?;
                let version = version.split(" sha=").next().unwrap_or_default().to_owned();
                Some(RedisServer { program, version })
            })
    })
}

fn path_folders() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .collect()
}

fn version_of(program: &Path) -> Option<String> {
    if !program.is_file() {
        return None;
    }
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output
        .status
        .success()
        .then(|| text.lines().next().unwrap_or_default().trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_postgres_says() {
        assert_eq!(
            major_of("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"),
            Some(15)
        );
        assert_eq!(major_of("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_of("something else"), None);
    }

    #[test]
    fn the_highest_version_comes_first_by_number_not_by_letter() {
        let root = tempfile::tempdir().unwrap();
        for name in ["9", "14", "17", "notes"] {
            std::fs::create_dir(root.path().join(name)).unwrap();
        }
        let found = versioned(root.path(), "", "bin");
        let expected: Vec<_> = ["17", "14", "9"]
            .iter()
            .map(|name| root.path().join(name).join("bin"))
            .collect();
        assert_eq!(found, expected);
    }
}
