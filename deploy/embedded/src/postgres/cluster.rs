//! One cluster: made by `initdb` when new, started on loopback with our settings.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;

use super::settings::{self, Purpose};
use crate::account::{self, Account};
use crate::fleet::{ChildSpec, Fleet};
use crate::probe::Probe;
use crate::record::Kind;
use crate::servers::PostgresServer;
use crate::task::{self, Limit};

/// Recovery after a crash can take a while on a slow disk.
const PATIENCE: Duration = Duration::from_mins(2);
/// `initdb` takes a second; on a slow disk that writes everything through, perhaps a minute.
const INITDB: Limit = Limit::Whole(Duration::from_mins(5));

/// Where a cluster lives and who may open it.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    pub(crate) name: String,
    /// Holds the data folder and the socket.
    pub(crate) folder: PathBuf,
    pub(crate) account: Option<Account>,
    pub(crate) superuser_password: String,
    pub(crate) port: u16,
    pub(crate) purpose: Purpose,
}

impl Cluster {
    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }
}

/// The PostgreSQL major version that wrote the clusters below this folder.
pub(crate) fn data_major(postgres_dir: &Path) -> Option<u32> {
    let clusters = std::fs::read_dir(postgres_dir).ok()?.flatten();
    let mut versions = clusters.filter_map(|cluster| {
        let text = std::fs::read_to_string(cluster.path().join("data/PG_VERSION")).ok()?;
        text.trim().parse().ok()
    });
    versions.next()
}

/// Makes the cluster if it is not there yet; says whether it did.
pub(crate) async fn initialise(
    fleet: &Fleet,
    cluster: &Cluster,
    server: &PostgresServer,
) -> anyhow::Result<bool> {
    account::private_dir(&cluster.folder, cluster.account.as_ref())?;
    // From here on, so that one that a killed start left goes too.
    let password = PasswordFile(cluster.folder.join("superuser-password"));
    let data = cluster.data();
    if data.join("PG_VERSION").exists() {
        return Ok(false);
    }
    // Built aside and renamed, so an interrupted initdb is never taken for a cluster.
    let draft = cluster.folder.join("data.new");
    if draft.exists() {
        std::fs::remove_dir_all(&draft).context("removing an unfinished cluster")?;
    }
    let account = cluster.account.as_ref();
    account::private_file(&password.0, &cluster.superuser_password, account)?;
    let initdb = initdb(cluster, server, &draft, &password.0);
    task::run(fleet, &initdb, INITDB, None).await?;
    std::fs::rename(&draft, &data).context("putting the new cluster in its place")?;
    Ok(true)
}

/// Is gone once `initdb` has read it, also when a start is interrupted.
struct PasswordFile(PathBuf);

impl Drop for PasswordFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn initdb(
    cluster: &Cluster,
    server: &PostgresServer,
    data: &Path,
    password_file: &Path,
) -> ChildSpec {
    let mut args = vec![
        format!("--pgdata={}", data.display()),
        format!("--pwfile={}", password_file.display()),
        "--username=postgres".to_owned(),
        "--auth=scram-sha-256".to_owned(),
        "--encoding=UTF8".to_owned(),
        "--data-checksums".to_owned(),
        format!("--locale={}", locale()),
    ];
    if matches!(cluster.purpose, Purpose::Throwaway) {
        args.push("--no-sync".to_owned());
    }
    ChildSpec {
        name: format!(
            "{}-initdb",
            crate::catalogue::postgres_endpoint(&cluster.name)
        ),
        kind: Kind::Task,
        order: 0,
        program: server.bin_dir.join("initdb"),
        args,
        environment: Vec::new(),
        secluded: true,
        folder: cluster.folder.clone(),
        account: cluster.account.clone(),
        probe: None,
        patience: Duration::ZERO,
    }
}

/// `C.UTF-8` sorts as C and knows upper and lower case; macOS does not have it.
fn locale() -> &'static str {
    let output = Command::new("locale").arg("-a").output();
    let known = output.map(|output| output.stdout).unwrap_or_default();
    let known = String::from_utf8_lossy(&known).to_ascii_lowercase();
    if known
        .lines()
        .any(|line| matches!(line, "c.utf8" | "c.utf-8"))
    {
        "C.UTF-8"
    } else {
        "C"
    }
}

/// Writes the settings, and gives what to run.
pub(crate) fn spec(
    cluster: &Cluster,
    server: &PostgresServer,
    order: usize,
) -> anyhow::Result<ChildSpec> {
    let data = cluster.data();
    let text = settings::render(
        &cluster.name,
        cluster.port,
        &cluster.folder,
        cluster.purpose,
    );
    account::private_file(
        &data.join("postgresql.conf"),
        &text,
        cluster.account.as_ref(),
    )?;
    Ok(ChildSpec {
        name: crate::catalogue::postgres_endpoint(&cluster.name),
        kind: Kind::Postgres,
        order,
        program: server.bin_dir.join("postgres"),
        args: vec!["-D".to_owned(), data.display().to_string()],
        environment: Vec::new(),
        secluded: true,
        folder: cluster.folder.clone(),
        account: cluster.account.clone(),
        probe: Some(Probe::Postgres {
            port: cluster.port,
            password: cluster.superuser_password.clone(),
        }),
        patience: PATIENCE,
    })
}
