//! Our own services as children: their programs, their settings, what runs before they serve.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::catalogue::{Addresses, Environment, Preparation, SERVICES, ServiceSpec};
use crate::fleet::{ChildSpec, Fleet};
use crate::layout::Layout;
use crate::probe::Probe;
use crate::record::Kind;
use crate::report::Event;

/// A service may read a release into memory before it is ready.
const PATIENCE: Duration = Duration::from_mins(1);

/// The service with this name.
pub(crate) fn find(name: &str) -> anyhow::Result<&'static ServiceSpec> {
    let known: Vec<&str> = SERVICES.iter().map(|service| service.name).collect();
    SERVICES
        .iter()
        .find(|service| service.name == name)
        .with_context(|| {
            format!(
                "no service is called {name}; there are {}",
                known.join(", ")
            )
        })
}

/// The program of a service.
pub(crate) fn program(layout: &Layout, service: &ServiceSpec) -> anyhow::Result<PathBuf> {
    let program = layout.binaries.join(service.name);
    if !program.is_file() {
        bail!(
            "{} is not built: run `cargo build --release --workspace`, or set MVP_BIN_DIR",
            program.display()
        );
    }
    Ok(program)
}

/// Its settings here, on top of the configuration files of the checkout.
pub(crate) fn environment(
    layout: &Layout,
    addresses: &Addresses<'_>,
    service: &ServiceSpec,
) -> anyhow::Result<Environment> {
    let mut all = (service.environment)(addresses)?;
    let config = layout.checkout.join("config").display().to_string();
    all.push(("MVP_CONFIG_DIR".to_owned(), config));
    Ok(all)
}

fn child(
    layout: &Layout,
    addresses: &Addresses<'_>,
    service: &ServiceSpec,
    order: usize,
) -> anyhow::Result<ChildSpec> {
    Ok(ChildSpec {
        name: service.name.to_owned(),
        kind: Kind::Service,
        order,
        program: program(layout, service)?,
        args: vec!["serve".to_owned()],
        environment: environment(layout, addresses, service)?,
        folder: layout.checkout.clone(),
        account: None,
        probe: Some(Probe::Http {
            port: addresses.port(service.name)?,
            path: service.gate,
        }),
        patience: PATIENCE,
    })
}

/// Runs what must run first, then starts the service and waits for its gate.
pub(crate) async fn start(
    fleet: &Arc<Fleet>,
    layout: &Layout,
    addresses: &Addresses<'_>,
    service: &ServiceSpec,
    order: usize,
) -> anyhow::Result<()> {
    let spec = child(layout, addresses, service, order)?;
    for preparation in service.prepare {
        let task = task(layout, &spec, preparation)?;
        let step = preparation.title;
        let work = async { Ok(((), run_to_end(fleet, &task, step).await?)) };
        fleet.reporter.step(step, work).await?;
    }
    let port = addresses.port(service.name)?;
    let work = async {
        Arc::clone(fleet).launch(spec).await?;
        Ok(((), format!("http://127.0.0.1:{port}")))
    };
    fleet.reporter.step(service.name, work).await
}

fn task(
    layout: &Layout,
    service: &ChildSpec,
    preparation: &Preparation,
) -> anyhow::Result<ChildSpec> {
    let mut args: Vec<String> = preparation
        .args
        .iter()
        .map(|arg| (*arg).to_owned())
        .collect();
    let verb = preparation.args.first().copied().unwrap_or("task");
    if preparation.takes_dump {
        args.push(layout.embedded_dump()?.display().to_string());
    }
    let name = format!("{}-{verb}", service.name);
    Ok(ChildSpec {
        name,
        kind: Kind::Task,
        args,
        probe: None,
        ..service.clone()
    })
}

/// Runs a task, relaying each line it tells on stderr; gives the last one.
async fn run_to_end(fleet: &Fleet, task: &ChildSpec, step: &str) -> anyhow::Result<String> {
    use std::io::Write as _;
    let mut log = crate::logfile::open(&fleet.log_dir, &task.name)?;
    let mut child = fleet.spawn(task, Some(Stdio::piped()))?;
    let stderr = child.stderr.take().context("the task has no stderr")?;
    let mut lines = BufReader::new(stderr).lines();
    let mut last = "done".to_owned();
    while let Some(line) = lines.next_line().await? {
        writeln!(log, "{line}")?;
        // Structured log lines are for the log only.
        if !line.trim().is_empty() && !line.starts_with('{') {
            last.clone_from(&line);
            let event = Event::Progress {
                step: step.to_owned(),
                text: line,
            };
            fleet.reporter.report(&event);
        }
    }
    let status = child.wait().await?;
    if let Some(record) = crate::record::Record::load(&fleet.run_dir, &task.name)? {
        record.forget(&fleet.run_dir);
    }
    if !status.success() {
        bail!(fleet.failure(&task.name, &format!("failed ({status})")));
    }
    Ok(last)
}
