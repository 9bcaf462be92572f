//! Whom the children run as: the caller, or unprivileged accounts when the caller is root. PostgreSQL
//! refuses to run as root, and neither Redis nor a service needs to.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown, lchown};
use std::path::Path;

use anyhow::Context as _;

/// An account that root hands children to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The account for the stores: none for an ordinary user, who runs them himself.
///
/// Data that is already there keeps its owner, whatever accounts have appeared since.
pub(crate) fn for_stores(postgres_dir: &Path) -> anyhow::Result<Option<Account>> {
    if !is_root() {
        return Ok(None);
    }
    let accounts = known()?;
    if let Some(owner) = owner_of_data(postgres_dir) {
        return Ok(Some(
            accounts
                .into_iter()
                .find(|a| a.uid == owner.uid)
                .unwrap_or(owner),
        ));
    }
    Ok(Some(first_of(&["postgres", "nobody"], &accounts).context(
        "PostgreSQL does not run as root, and there is neither a `postgres` nor a `nobody` account",
    )?))
}

/// The account for the services, when root starts them: one of their own if somebody made it, else the
/// one without rights. Not that of the stores, which could read the clusters' files past every role.
pub(crate) fn for_services() -> anyhow::Result<Option<Account>> {
    Ok(first_of(&["motovaultpro", "nobody"], &known()?))
}

fn known() -> anyhow::Result<Vec<Account>> {
    let passwd = std::fs::read_to_string("/etc/passwd").context("reading /etc/passwd")?;
    Ok(passwd.lines().filter_map(parse).collect())
}

fn first_of(names: &[&str], accounts: &[Account]) -> Option<Account> {
    names.iter().find_map(|name| {
        accounts
            .iter()
            .find(|account| account.name == *name && account.uid != 0)
            .cloned()
    })
}

fn owner_of_data(postgres_dir: &Path) -> Option<Account> {
    let first = std::fs::read_dir(postgres_dir).ok()?.flatten().next()?;
    let metadata = first.metadata().ok()?;
    (metadata.uid() != 0).then(|| Account {
        name: format!("uid {}", metadata.uid()),
        uid: metadata.uid(),
        gid: metadata.gid(),
    })
}

fn parse(line: &str) -> Option<Account> {
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some(Account { name, uid, gid })
}

impl Account {
    /// Whether this account can pass through every folder down to `path`.
    pub(crate) fn reaches(&self, path: &Path) -> bool {
        path.ancestors()
            .all(|folder| match std::fs::metadata(folder) {
                Ok(metadata) => self.may_enter(&metadata),
                // What is not there yet is made by us, enterable.
                Err(error) => error.kind() == std::io::ErrorKind::NotFound,
            })
    }

    /// Whether this account can read the file or folder and, if `execute`, run or enter it. Links
    /// are followed: the way to the link and the way to what it names both count.
    pub(crate) fn reads(&self, path: &Path, execute: bool) -> bool {
        let (Ok(real), Ok(metadata)) = (path.canonicalize(), std::fs::metadata(path)) else {
            return false;
        };
        let above = |path: &Path| path.parent().is_none_or(|folder| self.reaches(folder));
        let wanted = if execute { 0o5 } else { 0o4 };
        above(path) && above(&real) && self.may(&metadata, wanted)
    }

    fn may_enter(&self, metadata: &std::fs::Metadata) -> bool {
        self.may(metadata, 0o1)
    }

    /// Whether the permissions hold all of the wanted bits (4 read, 1 execute) for this account.
    fn may(&self, metadata: &std::fs::Metadata, wanted: u32) -> bool {
        let shift = if metadata.uid() == self.uid {
            6
        } else if metadata.gid() == self.gid {
            3
        } else {
            0
        };
        (metadata.permissions().mode() >> shift) & wanted == wanted
    }
}

/// Makes a folder that only its owner enters, owned by the account when there is one.
pub(crate) fn private_dir(path: &Path, account: Option<&Account>) -> anyhow::Result<()> {
    let make = || -> std::io::Result<()> {
        std::fs::create_dir_all(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))?;
        match account {
            Some(account) => lchown(path, Some(account.uid), Some(account.gid)),
            None => Ok(()),
        }
    };
    make().with_context(|| format!("making the folder {}", path.display()))
}

/// Writes a file that only its owner reads, owned by the account when there is one.
pub(crate) fn private_file(
    path: &Path,
    text: &str,
    account: Option<&Account>,
) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let draft = path.with_extension("draft");
    let write = || -> std::io::Result<()> {
        let _ = std::fs::remove_file(&draft);
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(text.as_bytes())?;
        // By handle: the folder may belong to the account, which could put another file under the name.
        if let Some(account) = account {
            fchown(&file, Some(account.uid), Some(account.gid))?;
        }
        std::fs::rename(&draft, path)
    };
    write()
        .inspect_err(|_| drop(std::fs::remove_file(&draft)))
        .with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passwd_line_gives_its_account() {
        let line = "postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash";
        let account = parse(line).unwrap();
        assert_eq!(
            (account.name.as_str(), account.uid, account.gid),
            ("postgres", 101, 104)
        );
        assert_eq!(parse("# a comment"), None);
    }

    #[test]
    fn a_folder_closed_to_others_is_out_of_reach() {
        let open = tempfile::tempdir().unwrap();
        std::fs::set_permissions(open.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let closed = open.path().join("closed");
        std::fs::create_dir(&closed).unwrap();
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
        let stranger = Account {
            name: "x".to_owned(),
            uid: 64_999,
            gid: 64_999,
        };
        assert!(stranger.reaches(&open.path().join("made later")));
        assert!(!stranger.reaches(&closed.join("data")));
    }

    #[test]
    fn a_link_is_read_where_the_way_and_what_it_names_are_open() {
        let stranger = Account {
            name: "x".to_owned(),
            uid: 64_999,
            gid: 64_999,
        };
        let mode = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        let open = tempfile::tempdir().unwrap();
        mode(open.path(), 0o755);
        let folder = open.path().join("folder");
        std::fs::create_dir(&folder).unwrap();
        let file = folder.join("program");
        std::fs::write(&file, "").unwrap();
        let link = open.path().join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        mode(&folder, 0o711);
        mode(&file, 0o644);
        assert!(stranger.reads(&link, false) && !stranger.reads(&link, true));
        mode(&file, 0o755);
        assert!(stranger.reads(&link, true));
        mode(&folder, 0o700);
        assert!(!stranger.reads(&link, false));
    }
}
