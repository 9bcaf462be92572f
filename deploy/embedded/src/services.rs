//! Our own services as children: their programs, their settings, what runs before they serve.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::catalogue::{Addresses, Environment, Preparation, SERVICES, ServiceSpec};
use crate::fleet::{ChildSpec, Fleet};
use crate::layout::Layout;
use crate::lodging::Lodging;
use crate::probe::Probe;
use crate::record::Kind;
use crate::task::{self, Limit};

/// A service may read a release into memory before it is ready.
const PATIENCE: Duration = Duration::from_mins(1);
/// A question to a program about what is in its database.
const QUESTION: Limit = Limit::Whole(Duration::from_mins(2));

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
    let program = layout.binaries.join(service.program);
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
    let config = layout.config_dir().display().to_string();
    all.push(("MVP_CONFIG_DIR".to_owned(), config));
    Ok(all)
}

/// What starting services needs.
#[derive(Debug)]
pub(crate) struct Services<'a> {
    pub(crate) fleet: &'a Arc<Fleet>,
    pub(crate) layout: &'a Layout,
    pub(crate) lodging: &'a Lodging,
}

impl Services<'_> {
    /// Runs what must run before the service.
    pub(crate) async fn prepare(
        &self,
        ports: &BTreeMap<String, u16>,
        service: &ServiceSpec,
    ) -> anyhow::Result<()> {
        let spec = self.child(ports, service, 0)?;
        for preparation in service.prepare {
            let work = async {
                let text = prepare(self.fleet, self.layout, &spec, preparation).await?;
                Ok(((), text))
            };
            self.fleet.reporter.step(preparation.title, work).await?;
        }
        Ok(())
    }

    /// Starts the service and waits for its gate.
    pub(crate) async fn start(
        &self,
        ports: &BTreeMap<String, u16>,
        service: &ServiceSpec,
        order: usize,
    ) -> anyhow::Result<()> {
        let spec = self.child(ports, service, order)?;
        let port = ports.get(service.name).copied().unwrap_or_default();
        let work = async {
            Arc::clone(self.fleet).launch(spec).await?;
            Ok(((), format!("http://127.0.0.1:{port}")))
        };
        self.fleet.reporter.step(service.name, work).await
    }

    fn child(
        &self,
        ports: &BTreeMap<String, u16>,
        service: &ServiceSpec,
        order: usize,
    ) -> anyhow::Result<ChildSpec> {
        let layout = self.layout;
        let addresses = Addresses {
            ports,
            secrets: &self.lodging.secrets(layout),
        };
        let port = addresses.port(service.name)?;
        let mut environment = environment(layout, &addresses, service)?;
        if let Some(temporary) = self.lodging.temporary(layout) {
            environment.push(("TMPDIR".to_owned(), temporary.display().to_string()));
        }
        Ok(ChildSpec {
            name: service.name.to_owned(),
            kind: Kind::Service,
            order,
            program: program(layout, service)?,
            args: service.serve.iter().map(|arg| (*arg).to_owned()).collect(),
            environment,
            secluded: false,
            folder: layout.checkout.clone(),
            account: self.lodging.account().cloned(),
            probe: Some(Probe::Http {
                port,
                path: service.gate,
                service: service.known_as,
            }),
            patience: PATIENCE,
        })
    }
}

/// Runs one preparation, unless it is settled already; gives the text of its result.
async fn prepare(
    fleet: &Fleet,
    layout: &Layout,
    service: &ChildSpec,
    preparation: &Preparation,
) -> anyhow::Result<String> {
    if let Some(unless) = &preparation.unless {
        let output = task::run(fleet, &task(service, unless.args), QUESTION, None).await?;
        let answer = json_list(&output)
            .with_context(|| format!("reading what `{}` answers", unless.args.join(" ")))?;
        if let Some(settled) = (unless.settled)(&answer) {
            return Ok(settled);
        }
    }
    let mut task = task(service, preparation.args);
    if preparation.takes_dump {
        task.args
            .push(layout.embedded_dump()?.display().to_string());
    }
    let output = task::run(fleet, &task, preparation.limit, Some(preparation.title)).await?;
    let result = output
        .lines()
        .rfind(|line| !line.trim().is_empty() && !line.starts_with('{'));
    Ok(result.unwrap_or("done").to_owned())
}

/// The list in a program's output; structured log lines may come before it.
fn json_list(output: &str) -> serde_json::Result<serde_json::Value> {
    let logged: usize = output
        .split_inclusive('\n')
        .take_while(|line| line.starts_with('{'))
        .map(str::len)
        .sum();
    serde_json::from_str(output.get(logged..).unwrap_or_default())
}

fn task(service: &ChildSpec, args: &[&str]) -> ChildSpec {
    let verb = args.first().copied().unwrap_or("task");
    let name = format!("{}-{verb}", service.name);
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    ChildSpec {
        name,
        kind: Kind::Task,
        args,
        probe: None,
        ..service.clone()
    }
}
