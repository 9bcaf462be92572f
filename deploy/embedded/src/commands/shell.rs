//! `mvp psql` and `mvp redis-cli`: the stores' own shells, with address and password filled in.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};

use crate::catalogue::{self, REDIS};
use crate::layout::Layout;
use crate::record::State;
use crate::{postgres, secrets, servers};

pub(crate) fn psql(layout: &Layout, name: &str, args: &[OsString]) -> anyhow::Result<ExitCode> {
    let cluster = catalogue::cluster(name)?;
    let port = port(layout, &catalogue::postgres_endpoint(name))?;
    let password = secrets::read(&layout.secrets, &catalogue::postgres_secret(name, "owner"))?;
    let major = postgres::data_major(&layout.postgres_dir());
    let server = servers::postgres_candidates()
        .into_iter()
        .find(|server| Some(server.major) == major)
        .context("the PostgreSQL that wrote the data is not found; see `mvp doctor`")?;
    let mut command = Command::new(server.bin_dir.join("psql"));
    command
        .args(["--host=127.0.0.1", &format!("--port={port}")])
        .args([
            format!("--username={name}_owner"),
            format!("--dbname={}", cluster.main.database),
        ])
        .args(args)
        .env("PGPASSWORD", password);
    become_it(command)
}

pub(crate) fn redis_cli(
    layout: &Layout,
    name: &str,
    args: &[OsString],
) -> anyhow::Result<ExitCode> {
    if REDIS.iter().all(|redis| redis.name != name) {
        bail!("no Redis is called {name}; there are app, vehicles and tenants");
    }
    let port = port(layout, &catalogue::redis_endpoint(name))?;
    let server = servers::redis().context("Redis is not found; see `mvp doctor`")?;
    let mut command = Command::new(server.client());
    let password = secrets::read(&layout.secrets, &catalogue::redis_secret(name))?;
    command
        .args(["-h", "127.0.0.1", "-p", &port.to_string()])
        .args(args);
    command.env("REDISCLI_AUTH", password);
    become_it(command)
}

fn port(layout: &Layout, endpoint: &str) -> anyhow::Result<u16> {
    let state = State::load(&layout.state_file())?;
    if state.live_supervisor().is_none() {
        bail!("it does not run; start it with `mvp up`");
    }
    state
        .ports
        .get(endpoint)
        .copied()
        .with_context(|| format!("{endpoint} has no port yet"))
}

/// Replaces this process, so that the shell owns the terminal and its exit code is ours.
fn become_it(mut command: Command) -> anyhow::Result<ExitCode> {
    let error = command.exec();
    Err(error).with_context(|| format!("starting {}", command.get_program().display()))
}
