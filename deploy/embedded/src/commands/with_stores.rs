//! `mvp with-stores -- CMD`: a throwaway PostgreSQL and Redis for the time a command runs.

use std::ffi::OsString;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use rand::distr::{Alphanumeric, SampleString as _};
use rustix::process::Signal;
use tokio::process::Command;

use crate::fleet::Fleet;
use crate::postgres::{self, Cluster};
use crate::process::Identity;
use crate::record::{Phase, Record, State};
use crate::redis::{self, Instance};
use crate::report::{Reporter, Sink};
use crate::servers::Servers;
use crate::supervisor::StopSignals;
use crate::{account, descendants, secrets, servers, stop};

const PREFIX: &str = "mvp-stores-";
/// Room for a few hundred test databases of the size of a vPIC release's head.
const ROOMY_MB: u64 = 4096;

pub(crate) async fn run(command: &[OsString]) -> anyhow::Result<ExitCode> {
    let mut stop_asked = StopSignals::listen()?;
    descendants::keep()?;
    let servers = servers::ensure(None, |line| {
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), "  · {line}");
    })
    .await?;
    sweep().await;
    let folder = make_folder()?;
    let reporter = Reporter::new(&folder.join("log"), Sink::Nobody)?;
    let fleet = Fleet::new(folder.join("run"), folder.join("log"), reporter);
    let started = tokio::select! {
        started = start(&folder, &servers, &fleet) => Some(started),
        () = stop_asked.wait() => None,
    };
    let result = match started {
        Some(Ok(environment)) => run_command(command, environment, &mut stop_asked).await,
        Some(Err(error)) => Err(error),
        None => Ok(ExitCode::from(130)),
    };
    fleet.stop_restarting();
    let ended = end_descendants(&fleet).await;
    let stopped = stop::stop_all(&fleet.run_dir).await;
    std::fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))?;
    stopped?;
    ended?;
    result
}

/// What the command started and left running would run without its stores, and hold a lock or a port.
async fn end_descendants(fleet: &Fleet) -> anyhow::Result<()> {
    let stores: Vec<u32> = Record::all(&fleet.run_dir)?
        .iter()
        .map(|record| record.identity.pid)
        .collect();
    let ended = descendants::end(&stores).await?;
    if ended > 0 {
        use std::io::Write as _;
        let _ = writeln!(
            std::io::stderr(),
            "mvp: the command left {ended} processes running; they were ended"
        );
    }
    Ok(())
}

/// Runs the command; a signal that asks us to stop is handed on to it.
async fn run_command(
    command: &[OsString],
    environment: Vec<(&'static str, String)>,
    stop_asked: &mut StopSignals,
) -> anyhow::Result<ExitCode> {
    let (program, args) = command.split_first().context("no command")?;
    let mut child = Command::new(program)
        .args(args)
        .envs(environment)
        .spawn()
        .with_context(|| format!("starting {}", program.display()))?;
    let identity = child.id().and_then(Identity::of);
    tokio::select! {
        status = child.wait() => return Ok(exit_code(status?)),
        () = stop_asked.wait() => {}
    }
    if let Some(identity) = identity {
        identity.signal(Signal::TERM)?;
    }
    if let Ok(status) = tokio::time::timeout(Duration::from_secs(25), child.wait()).await {
        return Ok(exit_code(status?));
    }
    child.kill().await?;
    Ok(ExitCode::from(137))
}

/// The command's own code, or 128 plus the signal that ended it, as shells say.
fn exit_code(status: ExitStatus) -> ExitCode {
    use std::os::unix::process::ExitStatusExt as _;
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(1);
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// Memory if there is plenty, else the disk.
fn make_folder() -> anyhow::Result<PathBuf> {
    let parent = parents().into_iter().find(|parent| {
        let free = rustix::fs::statvfs(parent);
        let free_mb = free.map_or(0, |s| s.f_bavail.saturating_mul(s.f_frsize) / (1024 * 1024));
        parent == &std::env::temp_dir() || free_mb >= ROOMY_MB
    });
    let parent = parent.context("there is no folder for temporary files")?;
    let random = Alphanumeric.sample_string(&mut rand::rng(), 10);
    let folder = parent.join(format!("{PREFIX}{random}"));
    std::fs::create_dir(&folder).with_context(|| format!("making {}", folder.display()))?;
    let mode = if account::is_root() { 0o711 } else { 0o700 };
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode))?;
    for private in ["run", "log"] {
        account::private_dir(&folder.join(private), None)?;
    }
    let owner = State {
        phase: Phase::Ready,
        supervisor: Identity::current(),
        ..State::default()
    };
    owner.save(&folder.join("state.json"))?;
    Ok(folder)
}

fn parents() -> Vec<PathBuf> {
    [PathBuf::from("/dev/shm"), std::env::temp_dir()]
        .into_iter()
        .filter(|folder| folder.is_dir())
        .collect()
}

/// Removes what runs that were killed have left: their owner is no longer alive.
async fn sweep() {
    for parent in parents() {
        let entries = std::fs::read_dir(parent).map(Iterator::flatten);
        for entry in entries.into_iter().flatten() {
            let folder = entry.path();
            let named = entry.file_name().to_string_lossy().starts_with(PREFIX);
            // Never follow what another user wrote there: it names processes to end.
            let ours = entry.metadata().is_ok_and(|metadata| {
                metadata.is_dir() && metadata.uid() == rustix::process::geteuid().as_raw()
            });
            if !named || !ours {
                continue;
            }
            let owner = State::load(&folder.join("state.json"));
            let abandoned = owner.is_ok_and(|owner| {
                owner
                    .supervisor
                    .as_ref()
                    .is_some_and(|identity| !identity.is_alive())
            });
            if abandoned && stop::stop_all(&folder.join("run")).await.is_ok() {
                let _ = std::fs::remove_dir_all(&folder);
            }
        }
    }
}

async fn start(
    folder: &Path,
    servers: &Servers,
    fleet: &Arc<Fleet>,
) -> anyhow::Result<Vec<(&'static str, String)>> {
    let account = account::for_stores(&folder.join("postgres"))?;
    // Other people on this machine reach the port too.
    let password = secrets::generate(false);
    let redis_password = secrets::generate(false);
    let cluster = Cluster {
        name: "test".to_owned(),
        folder: folder.join("postgres"),
        account: account.clone(),
        superuser_password: password.clone(),
        port: free_port()?,
        purpose: postgres::Purpose::Throwaway,
    };
    let redis = Instance {
        name: "test".to_owned(),
        folder: folder.join("redis"),
        account,
        password: redis_password.clone(),
        port: free_port()?,
        purpose: redis::Purpose::Throwaway,
    };
    postgres::initialise(fleet, &cluster, &servers.postgres).await?;
    let (cluster_port, redis_port) = (cluster.port, redis.port);
    let cluster = postgres::spec(&cluster, &servers.postgres, 1)?;
    let redis = redis::spec(&redis, &servers.redis, 0)?;
    tokio::try_join!(
        Arc::clone(fleet).launch(cluster),
        Arc::clone(fleet).launch(redis)
    )?;
    let postgres_url = format!("postgres://postgres:{password}@127.0.0.1:{cluster_port}/postgres");
    Ok(vec![
        ("TEST_POSTGRES_URL", postgres_url),
        (
            "TEST_REDIS_URL",
            format!("redis://default:{redis_password}@127.0.0.1:{redis_port}/"),
        ),
        (
            "TEST_REDIS_SERVER",
            servers.redis.program.display().to_string(),
        ),
        (
            "TEST_POSTGRES_BIN",
            servers.postgres.bin_dir.display().to_string(),
        ),
    ])
}

fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("finding a free port")?;
    Ok(listener.local_addr()?.port())
}
