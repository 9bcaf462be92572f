//! Installing what is missing from the machine's own packages, without starting any of it.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::account;

const DEBIAN: &str = include_str!("install-debian.sh");

/// Installs PostgreSQL, Redis or both.
pub(crate) async fn install(
    postgres: bool,
    redis: bool,
    tell: impl Fn(String),
) -> anyhow::Result<()> {
    let pick = |postgres_name, redis_name| -> Vec<&'static str> {
        let both = [(postgres, postgres_name), (redis, redis_name)];
        both.into_iter()
            .filter(|(wanted, _)| *wanted)
            .map(|(_, name)| name)
            .collect()
    };
    if on_path("apt-get") {
        let packages = pick("postgresql", "redis-server");
        return run(debian(&packages)?, &packages, tell).await;
    }
    if on_path("brew") {
        let packages = pick("postgresql@17", "redis");
        let mut command = Command::new("brew");
        command.arg("install").args(&packages);
        return run(command, &packages, tell).await;
    }
    let wanted = pick("PostgreSQL 14 or later", "Redis or Valkey").join(" and ");
    bail!(
        "{wanted}: not found, and neither apt-get nor brew is here to install it; install it yourself"
    )
}

fn debian(packages: &[&str]) -> anyhow::Result<Command> {
    let mut command = if account::is_root() {
        Command::new("sh")
    } else if on_path("sudo") {
        let mut command = Command::new("sudo");
        command.arg("sh");
        command
    } else {
        let keep_quiet = if packages.contains(&"postgresql") {
            "\n    mkdir -p /etc/postgresql-common\n    \
             echo 'create_main_cluster = false' >> /etc/postgresql-common/createcluster.conf"
        } else {
            ""
        };
        bail!(
            "{} must be installed, and this is neither root nor is sudo here; as root, type:\
             {keep_quiet}\n    apt-get update && apt-get install {}",
            packages.join(" and "),
            packages.join(" ")
        );
    };
    command
        .args(["-c", DEBIAN, "install-debian"])
        .args(packages);
    Ok(command)
}

/// Runs the installer, relaying the lines that tell how far it is.
async fn run(mut command: Command, packages: &[&str], tell: impl Fn(String)) -> anyhow::Result<()> {
    let names = packages.join(", ");
    tell(format!("installing {names}"));
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .with_context(|| format!("starting the installation of {names}"))?;
    let output = child.stdout.take().context("the installer has no output")?;
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next_line().await? {
        if ["Get:", "Unpacking", "Setting up", "==>"]
            .iter()
            .any(|word| line.starts_with(word))
        {
            tell(line);
        }
    }
    let status = child.wait().await?;
    if !status.success() {
        bail!("installing {names} failed ({status}); the lines above say why");
    }
    Ok(())
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| Path::new(&folder).join(program).is_file())
}
