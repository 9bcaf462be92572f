//! The supervisor: starts everything in order, keeps it running, stops it in order.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::catalogue::{Addresses, SERVICES, ServiceSpec};
use crate::fleet::Fleet;
use crate::layout::Layout;
use crate::lock::Lock;
use crate::lodging::Lodging;
use crate::ports::Choice;
use crate::process::Identity;
use crate::record::{Phase, State};
use crate::report::{Event, Reporter, Sink, seconds};
use crate::services::Services;
use crate::stores::Stores;
use crate::{logfile, orphans, ports, postgres, secrets, servers, services, stop};

/// How a supervisor's life ended; an error is a failure that has not been told yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Another supervisor runs; this one did nothing.
    AlreadyRunning,
    /// A signal asked it to stop.
    Stopped,
    /// The start failed, and whoever listens was told why.
    Failed,
}

/// Runs until a signal asks to stop, or the start fails. `ready` is called when all is healthy.
pub(crate) async fn run(
    layout: &Layout,
    sink: Sink,
    stores_only: bool,
    ready: impl FnOnce(&State),
) -> anyhow::Result<Ending> {
    layout.create()?;
    let Some(mut lock) = Lock::take(layout)? else {
        return Ok(Ending::AlreadyRunning);
    };
    let mut stop_asked = StopSignals::listen()?;
    let reporter = Reporter::new(&layout.log_dir(), sink)?;
    let fleet = Fleet::new(layout.run_dir(), layout.log_dir(), reporter);
    let mut state = State::load(&layout.state_file())?;
    state.phase = Phase::Starting;
    state.supervisor = Identity::current();
    if let Some(supervisor) = &state.supervisor {
        lock.sign(supervisor)?;
    }
    state.failure = None;
    state.stores_only = stores_only;
    state.save(&layout.state_file())?;

    let started = tokio::select! {
        started = start(layout, &fleet, &mut state, stores_only) => Some(started),
        () = stop_asked.wait() => None,
    };
    let failure = match started {
        Some(Ok(lodging)) => {
            state.phase = Phase::Ready;
            match state.save(&layout.state_file()) {
                Ok(()) => {
                    ready(&state);
                    fleet.reporter.report(&Event::Ready);
                    watch(layout, &fleet, &state, &lodging, &mut stop_asked).await;
                    None
                }
                Err(error) => Some(error),
            }
        }
        Some(Err(error)) => Some(error),
        None => None,
    };
    if let Some(error) = &failure {
        fleet.reporter.report(&Event::Failed {
            text: format!("{error:#}"),
        });
    }
    state.phase = Phase::Stopping;
    // A full disk must not keep the stores running without a supervisor.
    let saved = state.save(&layout.state_file());
    stop_everything(&fleet).await?;
    saved?;
    state.phase = if failure.is_some() {
        Phase::Failed
    } else {
        Phase::Stopped
    };
    state.failure = failure.as_ref().map(|error| format!("{error:#}"));
    state.supervisor = None;
    state.save(&layout.state_file())?;
    Ok(if failure.is_some() {
        Ending::Failed
    } else {
        Ending::Stopped
    })
}

async fn start(
    layout: &Layout,
    fleet: &Arc<Fleet>,
    state: &mut State,
    stores_only: bool,
) -> anyhow::Result<Lodging> {
    let reporter = &fleet.reporter;
    orphans::adopt(layout)?;
    for left in stop::stop_all(&layout.run_dir()).await? {
        reporter.note(format!(
            "left over from a supervisor that was killed: {left}"
        ));
    }
    if let Some(note) = &layout.data_note {
        reporter.note(note);
    }
    let serving = if stores_only {
        &SERVICES[..0]
    } else {
        &SERVICES[..]
    };
    for service in serving {
        services::program(layout, service)?;
    }
    let servers = reporter
        .step("servers", find_servers(layout, fleet))
        .await?;
    make_secrets(layout, fleet)?;
    let choice = ports::choose(&ports::preferred()?, &state.ports, ports::is_free)?;
    keep(choice, state, fleet, layout)?;

    let addresses = || Addresses {
        ports: &state.ports,
        secrets: &layout.secrets,
    };
    let stores = Stores::new(fleet, layout, &servers, addresses())?;
    reporter
        .step("Redis", async { Ok(((), stores.start_redis().await?)) })
        .await?;
    reporter
        .step("PostgreSQL", async {
            Ok(((), stores.start_postgres().await?))
        })
        .await?;
    start_services(layout, fleet, state, serving).await
}

fn make_secrets(layout: &Layout, fleet: &Fleet) -> anyhow::Result<()> {
    let ensured = secrets::ensure(&layout.secrets)?;
    let folder = layout.secrets.display();
    if ensured.made > 0 {
        let made = ensured.made;
        fleet
            .reporter
            .note(format!("{made} secrets made in {folder}"));
    }
    if !ensured.closed.is_empty() {
        fleet.reporter.note(format!(
            "others could read {} in {folder}: closed to them now",
            ensured.closed.join(", ")
        ));
    }
    Ok(())
}

fn keep(choice: Choice, state: &mut State, fleet: &Fleet, layout: &Layout) -> anyhow::Result<()> {
    for moved in &choice.moved {
        fleet.reporter.note(moved);
    }
    if state.ports != choice.ports {
        state.ports = choice.ports;
        state.save(&layout.state_file())?;
    }
    Ok(())
}

async fn start_services(
    layout: &Layout,
    fleet: &Arc<Fleet>,
    state: &mut State,
    serving: &[ServiceSpec],
) -> anyhow::Result<Lodging> {
    if serving.is_empty() {
        return Ok(Lodging::Caller);
    }
    let lodging = Lodging::find(layout)?;
    lodging.prepare(layout)?;
    if let Lodging::Root(why) = &lodging {
        fleet
            .reporter
            .note(format!("the services run as root: {why}"));
    }
    let services = Services {
        fleet,
        layout,
        lodging: &lodging,
    };
    for (place, service) in serving.iter().enumerate() {
        services.prepare(&state.ports, service).await?;
        // Minutes may have passed since the first choice.
        let mut mine = vec![service.name];
        mine.extend(service.other_ports.iter().map(|(name, _)| *name));
        let choice =
            ports::choose_again(&mine, &ports::preferred()?, &state.ports, ports::is_free)?;
        keep(choice, state, fleet, layout)?;
        services.start(&state.ports, service, 100 + place).await?;
    }
    Ok(lodging)
}

async fn find_servers(
    layout: &Layout,
    fleet: &Fleet,
) -> anyhow::Result<(servers::Servers, String)> {
    let data_major = postgres::data_major(&layout.postgres_dir());
    let found = servers::ensure(data_major, |text| {
        fleet.reporter.report(&Event::Progress {
            step: "servers".to_owned(),
            text,
        });
    });
    let found = found.await?;
    let text = format!(
        "PostgreSQL {}, {}",
        found.postgres.version.split(' ').next().unwrap_or_default(),
        found.redis.version
    );
    Ok((found, text))
}

/// Keeps house until a signal asks to stop: logs bounded, lent secrets current, and what is remembered
/// on disk whole.
async fn watch(
    layout: &Layout,
    fleet: &Fleet,
    state: &State,
    lodging: &Lodging,
    stop_asked: &mut StopSignals,
) {
    let mut tick = tokio::time::interval(Duration::from_secs(5));
    loop {
        tokio::select! {
            () = stop_asked.wait() => return,
            _ = tick.tick() => {
                // A full disk or a vanished folder is the doctor's business, not a reason to stop.
                let _ = logfile::bound_all(&layout.log_dir());
                let _ = lodging.refresh(layout);
                let _ = fleet.mend_records();
                if State::load(&layout.state_file()).ok().as_ref() != Some(state) {
                    let _ = state.save(&layout.state_file());
                }
            }
        }
    }
}

async fn stop_everything(fleet: &Fleet) -> anyhow::Result<()> {
    let start = Instant::now();
    fleet.stop_restarting();
    // Whatever the disk says, what was started here is stopped here.
    let _ = fleet.mend_records();
    for stopped in stop::stop_all(&fleet.run_dir).await? {
        fleet.reporter.note(stopped.to_string());
    }
    fleet.reporter.note(format!(
        "everything stopped in {}",
        seconds(start.elapsed())
    ));
    Ok(())
}

/// The signals that ask for an orderly end.
#[derive(Debug)]
pub(crate) struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl StopSignals {
    pub(crate) fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("listening for signals");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    pub(crate) async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}
