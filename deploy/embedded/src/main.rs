//! `mvp`: everything of `MotoVaultPro` on one machine, without a container engine.

mod account;
mod backoff;
mod catalogue;
mod cli;
mod commands;
mod descendants;
mod fleet;
mod layout;
mod listener;
mod lock;
mod lodging;
mod logfile;
mod orphans;
mod ports;
mod postgres;
mod probe;
mod process;
mod record;
mod redis;
mod report;
mod secrets;
mod servers;
mod services;
mod shim;
mod status;
mod stop;
mod stores;
mod supervisor;
mod task;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command};
use crate::layout::Layout;

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "mvp: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    // Before any thread exists: the shim turns this process into another.
    if let Command::ExecChild(child) = command {
        return child.run().map(|()| ExitCode::SUCCESS);
    }
    // One thread: children are started by it, and PR_SET_PDEATHSIG watches the starting thread.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(dispatch(command))
}

async fn dispatch(command: Command) -> anyhow::Result<ExitCode> {
    if let Command::WithStores { command } = command {
        return commands::with_stores::run(&command).await;
    }
    let layout = Layout::find()?;
    match command {
        Command::Up(up) => commands::up::run(&layout, up).await,
        Command::Supervise { stores_only } => commands::up::supervise(&layout, stores_only).await,
        Command::Down => commands::down::run(&layout).await,
        Command::Status { json } => commands::status::run(&layout, json).await,
        Command::Logs {
            name,
            follow,
            lines,
        } => commands::logs::run(&layout, name.as_deref(), follow, lines).await,
        Command::Doctor => commands::doctor::run(&layout),
        Command::Reset { yes } => commands::reset::run(&layout, yes).await,
        Command::Psql { name, args } => commands::shell::psql(&layout, &name, &args),
        Command::RedisCli { name, args } => commands::shell::redis_cli(&layout, &name, &args),
        Command::Setup => commands::setup::run(&layout).await,
        Command::Migrate => commands::services::migrate(&layout),
        Command::Run { service, args } => commands::services::run(&layout, &service, &args),
        Command::WithStores { .. } | Command::ExecChild(_) => Ok(ExitCode::SUCCESS),
    }
}
