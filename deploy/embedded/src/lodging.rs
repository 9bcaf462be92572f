//! Whom the services run as, and what is lent to them there: root hands them to an account without
//! rights, which cannot read the secrets, so it gets copies of those that services need.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::account::{self, Account};
use crate::layout::Layout;
use crate::{catalogue, services};

/// How the services are put up.
#[derive(Clone, Debug)]
pub(crate) enum Lodging {
    /// They run as the caller, who is not root.
    Caller,
    /// Root hands them to this account.
    Account(Account),
    /// They run as root; the text says what keeps the account from running them.
    Root(String),
}

impl Lodging {
    /// Finds out, from who calls and from what the account could read.
    pub(crate) fn find(layout: &Layout) -> anyhow::Result<Self> {
        if !account::is_root() {
            return Ok(Self::Caller);
        }
        let Some(account) = account::for_services()? else {
            return Ok(Self::Root("there is no `nobody` account".to_owned()));
        };
        Ok(match obstacle(layout, &account) {
            Some(path) => Self::Root(format!(
                "{} cannot read {}; `chmod o+rX` it and the folders above, or move the checkout",
                account.name,
                path.display()
            )),
            None => Self::Account(account),
        })
    }

    pub(crate) fn account(&self) -> Option<&Account> {
        match self {
            Self::Account(account) => Some(account),
            Self::Caller | Self::Root(_) => None,
        }
    }

    /// Where the services find their secrets.
    pub(crate) fn secrets(&self, layout: &Layout) -> PathBuf {
        match self {
            Self::Account(_) => layout.lent_dir().join("secrets"),
            Self::Caller | Self::Root(_) => layout.secrets.clone(),
        }
    }

    /// A folder for temporary files, where the caller's own may be closed to the services.
    pub(crate) fn temporary(&self, layout: &Layout) -> Option<PathBuf> {
        self.account().map(|_| layout.lent_dir().join("tmp"))
    }

    /// Makes what is lent, anew.
    pub(crate) fn prepare(&self, layout: &Layout) -> anyhow::Result<()> {
        let lent = layout.lent_dir();
        if lent.exists() {
            std::fs::remove_dir_all(&lent)
                .with_context(|| format!("emptying {}", lent.display()))?;
        }
        let (Some(account), Some(temporary)) = (self.account(), self.temporary(layout)) else {
            return Ok(());
        };
        // Root's folders: the account reads what lies in them, and can put nothing else there.
        for folder in [&lent, &self.secrets(layout)] {
            open_folder(folder)?;
        }
        account::private_dir(&temporary, Some(account))?;
        self.refresh(layout)
    }

    /// Brings the copies up to date with the secrets, so that a key changed while all runs is seen.
    pub(crate) fn refresh(&self, layout: &Layout) -> anyhow::Result<()> {
        let Some(account) = self.account() else {
            return Ok(());
        };
        let copies = self.secrets(layout);
        for name in catalogue::service_secrets() {
            let original = layout.secrets.join(&name);
            let text = std::fs::read_to_string(&original)
                .with_context(|| format!("reading the secret {}", original.display()))?;
            let copy = copies.join(&name);
            if std::fs::read_to_string(&copy).ok().as_ref() != Some(&text) {
                account::private_file(&copy, &text, Some(account))?;
            }
        }
        Ok(())
    }
}

/// The first thing that the account would need and cannot read.
fn obstacle(layout: &Layout, account: &Account) -> Option<PathBuf> {
    if !account.reaches(&layout.lent_dir()) {
        return Some(layout.data.clone());
    }
    let programs = catalogue::SERVICES.iter();
    let programs = programs.filter_map(|service| services::program(layout, service).ok());
    let mut needed: Vec<(PathBuf, bool)> = programs.map(|program| (program, true)).collect();
    needed.extend(layout.embedded_dump().ok().map(|dump| (dump, false)));
    settings_below(&layout.config_dir(), &mut needed);
    needed
        .into_iter()
        .find(|(path, execute)| !account.reads(path, *execute))
        .map(|(path, _)| path)
}

/// A folder and everything in it; nothing where there is none.
fn settings_below(folder: &Path, found: &mut Vec<(PathBuf, bool)>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    found.push((folder.to_path_buf(), true));
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            settings_below(&path, found);
        } else {
            found.push((path, false));
        }
    }
}

fn open_folder(path: &Path) -> anyhow::Result<()> {
    let make = || {
        std::fs::create_dir_all(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o711))
    };
    make().with_context(|| format!("making the folder {}", path.display()))
}
