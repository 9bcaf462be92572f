//! Stores that run although no record names them, because it was lost or damaged together with their
//! supervisor. A second Redis in the same folder would ruin what the first one keeps.

use std::path::Path;

use crate::catalogue::{self, CLUSTERS, REDIS};
use crate::layout::Layout;
use crate::process::Identity;
use crate::record::{Kind, Record};

/// Looks into the stores' own pid files (Linux; elsewhere nothing proves whose a pid is).
pub(crate) fn find(layout: &Layout) -> anyhow::Result<Vec<Record>> {
    let redis = REDIS.iter().map(|spec| {
        let folder = layout.redis_dir().join(spec.name);
        let name = catalogue::redis_endpoint(spec.name);
        (name, Kind::Redis, folder.join("redis.pid"), folder)
    });
    let postgres = CLUSTERS.iter().map(|spec| {
        let folder = layout.postgres_dir().join(spec.name).join("data");
        let name = catalogue::postgres_endpoint(spec.name);
        (name, Kind::Postgres, folder.join("postmaster.pid"), folder)
    });
    let mut found = Vec::new();
    for (order, (name, kind, pid_file, folder)) in redis.chain(postgres).enumerate() {
        let recorded = Record::load(&layout.run_dir(), &name)?;
        if recorded.is_some_and(|record| record.identity.is_alive()) {
            continue;
        }
        let identity = pid_in(&pid_file)
            .filter(|pid| is_store(*pid, kind, &folder))
            .and_then(Identity::of);
        found.extend(identity.map(|identity| Record {
            name,
            kind,
            order,
            identity,
        }));
    }
    Ok(found)
}

/// Gives each a record again, so that it is stopped like any other.
pub(crate) fn adopt(layout: &Layout) -> anyhow::Result<()> {
    find(layout)?
        .iter()
        .try_for_each(|record| record.save(&layout.run_dir()))
}

/// Both servers write their pid into the first line.
fn pid_in(file: &Path) -> Option<u32> {
    let text = std::fs::read_to_string(file).ok()?;
    text.lines().next()?.trim().parse().ok()
}

/// Whether the process is such a server, of the folder's owner, and works in the folder: a pid file is
/// the store's to write, and a pid may be another's by now.
#[cfg(target_os = "linux")]
fn is_store(pid: u32, kind: Kind, folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let process = std::path::PathBuf::from(format!("/proc/{pid}"));
    let owner = |path: &Path| std::fs::metadata(path).map(|metadata| metadata.uid()).ok();
    let command = std::fs::read_to_string(process.join("comm")).unwrap_or_default();
    let is_server = match kind {
        Kind::Postgres => command.starts_with("postgres"),
        Kind::Redis => command.starts_with("redis") || command.starts_with("valkey"),
        Kind::Task | Kind::Service => false,
    };
    // Root may be kept from looking here (in a container); the rest is proof enough then.
    let elsewhere = std::fs::read_link(process.join("cwd"))
        .is_ok_and(|here| folder.canonicalize().ok().as_ref() != Some(&here));
    is_server && !elsewhere && owner(folder).is_some() && owner(&process) == owner(folder)
}

#[cfg(not(target_os = "linux"))]
fn is_store(_pid: u32, _kind: Kind, _folder: &Path) -> bool {
    false
}
