//! Where everything lies: the checkout, its data folder, its secrets, the binaries.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::account;

/// The folders of one installation, all absolute.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) checkout: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) secrets: PathBuf,
    pub(crate) binaries: PathBuf,
    /// Why the data folder is not in the checkout, when it is not.
    pub(crate) data_note: Option<String>,
}

impl Layout {
    /// `MVP_HOME`, `MVP_DATA_DIR`, `MVP_SECRETS_DIR` and `MVP_BIN_DIR` override what is found.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let checkout = match from_env("MVP_HOME")? {
            Some(home) => home,
            None => find_checkout()?,
        };
        let (data, data_note) = match from_env("MVP_DATA_DIR")? {
            Some(data) => (data, None),
            None => default_data(&checkout)?,
        };
        let secrets = from_env("MVP_SECRETS_DIR")?.unwrap_or_else(|| checkout.join("secrets"));
        let binaries = match from_env("MVP_BIN_DIR")? {
            Some(folder) => folder,
            None => std::env::current_exe()
                .context("finding this program's own path")?
                .parent()
                .context("this program's own path has no folder")?
                .to_path_buf(),
        };
        Ok(Self {
            checkout,
            data,
            secrets,
            binaries,
            data_note,
        })
    }

    /// Makes the folders of the data folder that belong to the caller.
    pub(crate) fn create(&self) -> anyhow::Result<()> {
        let fresh = !self.data.exists();
        for folder in [&self.data, &self.postgres_dir(), &self.redis_dir()] {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("making the folder {}", folder.display()))?;
        }
        if fresh && !account::is_root() {
            std::fs::set_permissions(&self.data, std::fs::Permissions::from_mode(0o700))?;
        }
        account::private_dir(&self.run_dir(), None)?;
        account::private_dir(&self.log_dir(), None)
    }

    pub(crate) fn state_file(&self) -> PathBuf {
        self.data.join("state.json")
    }

    pub(crate) fn lock_file(&self) -> PathBuf {
        self.data.join("lock")
    }

    pub(crate) fn run_dir(&self) -> PathBuf {
        self.data.join("run")
    }

    pub(crate) fn log_dir(&self) -> PathBuf {
        self.data.join("log")
    }

    /// What is lent to an account that the services run as.
    pub(crate) fn lent_dir(&self) -> PathBuf {
        self.data.join("lent")
    }

    /// The settings files of the services.
    pub(crate) fn config_dir(&self) -> PathBuf {
        self.checkout.join("config")
    }

    pub(crate) fn postgres_dir(&self) -> PathBuf {
        self.data.join("postgres")
    }

    pub(crate) fn redis_dir(&self) -> PathBuf {
        self.data.join("redis")
    }

    /// The newest vPIC release that ships with the project.
    pub(crate) fn embedded_dump(&self) -> anyhow::Result<PathBuf> {
        let folder = self.checkout.join("services/vehicles-platform/data");
        let dumps = std::fs::read_dir(&folder)
            .with_context(|| format!("reading {}", folder.display()))?
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.starts_with("vPICList_lite_") && name.ends_with(".sql.zst")
            });
        dumps
            .max()
            .with_context(|| format!("no vPIC release in {}", folder.display()))
    }
}

fn from_env(name: &str) -> anyhow::Result<Option<PathBuf>> {
    match std::env::var_os(name).filter(|value| !value.is_empty()) {
        Some(value) => Ok(Some(std::path::absolute(PathBuf::from(value))?)),
        None => Ok(None),
    }
}

fn find_checkout() -> anyhow::Result<PathBuf> {
    let here = std::env::current_dir().context("finding the current folder")?;
    let program = std::env::current_exe().unwrap_or_default();
    let found = here
        .ancestors()
        .chain(program.ancestors())
        .find(|folder| is_checkout(folder));
    match found {
        Some(folder) => Ok(folder.to_path_buf()),
        None => bail!("run this inside the MotoVaultPro checkout, or set MVP_HOME to it"),
    }
}

fn is_checkout(folder: &Path) -> bool {
    folder.join("deploy/embedded").is_dir() && folder.join("Cargo.toml").is_file()
}

/// `.mvp` in the checkout, unless the stores' account cannot get there (a checkout under `/root`).
fn default_data(checkout: &Path) -> anyhow::Result<(PathBuf, Option<String>)> {
    let inside = checkout.join(".mvp");
    let outside = Path::new("/var/lib/motovaultpro").join(short_hash(checkout));
    if inside.join("state.json").exists() {
        return Ok((inside, None));
    }
    let Some(account) = account::for_stores(&inside.join("postgres"))? else {
        return Ok((inside, None));
    };
    if !outside.exists() && account.reaches(&inside) {
        return Ok((inside, None));
    }
    let note = format!(
        "the account {} that runs the stores cannot enter {}; data is kept in {}",
        account.name,
        checkout.display(),
        outside.display()
    );
    Ok((outside, Some(note)))
}

/// FNV-1a: the same in every build of this program, unlike the standard library's hasher.
fn short_hash(path: &Path) -> String {
    let fnv_1a = path
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("{fnv_1a:016x}").chars().take(10).collect()
}
