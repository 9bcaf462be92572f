//! `mvp run` and `mvp migrate`: a service's own program, with the settings it has here.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};

use crate::catalogue::{Addresses, SERVICES, ServiceSpec};
use crate::layout::Layout;
use crate::record::State;
use crate::report::say;
use crate::services;

pub(crate) fn run(layout: &Layout, name: &str, args: &[OsString]) -> anyhow::Result<ExitCode> {
    let mut command = command(layout, services::find(name)?)?;
    command.args(args);
    let error = command.exec();
    Err(error).with_context(|| format!("starting {name}"))
}

pub(crate) fn migrate(layout: &Layout) -> anyhow::Result<ExitCode> {
    for service in &SERVICES {
        let migrations = service
            .prepare
            .iter()
            .filter(|step| step.args.first() == Some(&"migrate"));
        for step in migrations {
            let status = command(layout, service)?.args(step.args).status()?;
            if !status.success() {
                bail!("migrating {} failed ({status})", service.name);
            }
            say(format_args!("  ✓ {} is up to date", service.name));
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn command(layout: &Layout, service: &ServiceSpec) -> anyhow::Result<Command> {
    let state = State::load(&layout.state_file())?;
    if state.live_supervisor().is_none() {
        bail!("the stores do not run; start them with `mvp up`, or `mvp up --stores-only`");
    }
    let addresses = Addresses {
        ports: &state.ports,
        secrets: &layout.secrets,
    };
    let mut command = Command::new(services::program(layout, service)?);
    command.envs(services::environment(layout, &addresses, service)?);
    Ok(command)
}
