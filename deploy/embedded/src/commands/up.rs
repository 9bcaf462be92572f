//! `mvp up`: in the foreground, or detached behind a console that leaves when all is healthy.

use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::{down, services as programs};
use crate::catalogue::{GATEWAY, IDENTITY, VEHICLES_API_KEY};
use crate::cli::Up;
use crate::fleet::this_program;
use crate::layout::Layout;
use crate::lock::Lock;
use crate::process::Identity;
use crate::record::{Phase, State};
use crate::report::{self, Console, Event, SUPERVISOR, Sink, say, seconds};
use crate::supervisor::{self, Ending, StopSignals};
use crate::{postgres, servers, services};

/// How to stop, newcomers' way first.
const STOP: &str = "make stop   (or `mvp down`)";
/// A first load on a slow machine; the supervisor itself has a deadline for every child.
const PATIENCE: Duration = Duration::from_mins(30);

pub(crate) async fn run(layout: &Layout, up: Up) -> anyhow::Result<ExitCode> {
    let state = State::load(&layout.state_file())?;
    if Lock::supervisor(layout, &state).is_some() {
        return wait_for_other(layout).await;
    }
    if up.detach {
        return detach(layout, up.stores_only).await;
    }
    let sink = Sink::Console(Console::new());
    let foreground = |state: &State| summary(layout, state, up.stores_only, "Ctrl-C");
    match supervisor::run(layout, sink, up.stores_only, foreground).await {
        Ok(Ending::Stopped) => Ok(ExitCode::SUCCESS),
        Ok(Ending::AlreadyRunning) => wait_for_other(layout).await,
        Ok(Ending::Failed) => Ok(ExitCode::FAILURE),
        Err(error) => Err(error),
    }
}

/// The hidden command that `up --detach` starts: a session of its own, events on stdout.
pub(crate) async fn supervise(layout: &Layout, stores_only: bool) -> anyhow::Result<ExitCode> {
    rustix::process::setsid().context("leaving the terminal's session")?;
    match supervisor::run(layout, Sink::Pipe, stores_only, |_| {}).await {
        Ok(Ending::AlreadyRunning | Ending::Stopped) => Ok(ExitCode::SUCCESS),
        Ok(Ending::Failed) => Ok(ExitCode::FAILURE),
        Err(error) => {
            // Once for who waits there, once for the log.
            let text = format!("{error:#}");
            let _ = report::pipe(&Event::Failed { text });
            Err(error)
        }
    }
}

async fn detach(layout: &Layout, stores_only: bool) -> anyhow::Result<ExitCode> {
    layout.create()?;
    // Here, where sudo can still ask for a password: the supervisor has no terminal.
    let data_major = postgres::data_major(&layout.postgres_dir());
    servers::ensure(data_major, |line| say(format_args!("  · {line}"))).await?;
    let mut stop_asked = StopSignals::listen()?;
    let log = crate::logfile::open(&layout.log_dir(), SUPERVISOR)?;
    let mut command = Command::new(this_program()?);
    command
        .arg0("mvp")
        .arg("supervise")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log);
    if stores_only {
        command.arg("--stores-only");
    }
    let mut supervisor = command.spawn().context("starting the supervisor")?;
    let told = tokio::select! {
        told = relay(&mut supervisor) => told?,
        () = stop_asked.wait() => {
            say("\n  · stopping what was started");
            if let Some(identity) = supervisor.id().and_then(Identity::of) {
                down::end_supervisor(&identity).await?;
            }
            return Ok(ExitCode::from(130));
        }
    };
    if matches!(told, Told::Ready) {
        let state = State::load(&layout.state_file())?;
        summary(layout, &state, stores_only, STOP);
        return Ok(ExitCode::SUCCESS);
    }
    let status = supervisor.wait().await?;
    if status.success() {
        // It found another supervisor at work.
        return wait_for_other(layout).await;
    }
    if matches!(told, Told::Nothing) {
        bail!(
            "the supervisor ended ({status}); its log: {}",
            crate::logfile::path(&layout.log_dir(), SUPERVISOR).display()
        );
    }
    Ok(ExitCode::FAILURE)
}

/// What the supervisor told of its start before it was ready, or gone.
#[derive(Clone, Copy, Debug)]
enum Told {
    Ready,
    Failed,
    Nothing,
}

/// Draws the supervisor's events until it is ready, or gone.
async fn relay(supervisor: &mut Child) -> anyhow::Result<Told> {
    let events = supervisor
        .stdout
        .take()
        .context("the supervisor has no output")?;
    let mut lines = BufReader::new(events).lines();
    let mut console = Console::new();
    let mut told = Told::Nothing;
    while let Some(line) = lines.next_line().await? {
        let event: Event = serde_json::from_str(&line).context("reading an event")?;
        match event {
            Event::Ready => return Ok(Told::Ready),
            Event::Failed { .. } => told = Told::Failed,
            _ => {}
        }
        console.draw(&event)?;
    }
    Ok(told)
}

/// Another supervisor runs or is starting: wait until it is ready, then say the same as it did.
async fn wait_for_other(layout: &Layout) -> anyhow::Result<ExitCode> {
    let start = Instant::now();
    let mut told = false;
    loop {
        let state = State::load(&layout.state_file())?;
        match state.phase {
            Phase::Ready if state.live_supervisor().is_some() => {
                say("  · already running");
                summary(layout, &state, state.stores_only, STOP);
                return Ok(ExitCode::SUCCESS);
            }
            // The other may hold the lock and not have written yet: what is read is then old.
            Phase::Failed | Phase::Stopping if start.elapsed() < Duration::from_secs(1) => {}
            Phase::Failed => {
                let failure = state.failure.unwrap_or_default();
                bail!("the start that was under way failed: {failure}");
            }
            Phase::Stopping => bail!("it is being stopped just now; try again in a moment"),
            _ if start.elapsed() > PATIENCE => {
                bail!(
                    "the start that is under way is not ready after {}",
                    seconds(PATIENCE)
                );
            }
            _ if start.elapsed() > Duration::from_secs(10)
                && Lock::supervisor(layout, &state).is_none() =>
            {
                bail!("the supervisor that was starting has gone; see `mvp logs {SUPERVISOR}`");
            }
            _ => {}
        }
        if !std::mem::replace(&mut told, true) {
            say("  · already starting; waiting until it is ready");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn summary(layout: &Layout, state: &State, stores_only: bool, stop: &str) {
    let port = |name: &str| state.ports.get(name).copied().unwrap_or(0);
    let key = layout.secrets.join(VEHICLES_API_KEY);
    let gateway = format!("http://127.0.0.1:{}", port(GATEWAY));
    say("");
    if stores_only {
        say("  The stores run; `make status` (or `mvp status`) shows their ports.");
    } else {
        say("  MotoVaultPro runs.\n");
        say(format_args!("    gateway   {gateway}"));
        say(format_args!("    APIs      {gateway}/docs"));
        say(format_args!(
            "    account   http://localhost:{}/auth/account",
            port(GATEWAY)
        ));
        say(format_args!("    key       {}", key.display()));
        say(format_args!(
            "    try       curl -H \"X-API-Key: $(cat {})\" \"{gateway}/platform/vehicles/makes?year=2022\"",
            shell_word(&key.display().to_string())
        ));
    }
    say(format_args!("    stop      {stop}\n"));
    if !stores_only {
        introduce_admin(layout);
    }
}

/// Has the first admin made, at the first start, and shows its password: here, where a person looks, and in no log.
fn introduce_admin(layout: &Layout) {
    let made = services::find(IDENTITY)
        .and_then(|service| programs::command(layout, service))
        .and_then(|mut command| {
            let arguments = ["users", "first-admin", "admin@localhost"];
            Ok(command.args(arguments).output()?)
        });
    let output = match made {
        Ok(output) if output.status.success() => output.stdout,
        Ok(output) => {
            let why = String::from_utf8_lossy(&output.stderr);
            return say(format_args!("  There is no admin yet: {}", why.trim()));
        }
        Err(error) => return say(format_args!("  There is no admin yet: {error:#}")),
    };
    // Nothing is printed where there is an admin.
    let Ok(admin) = serde_json::from_slice::<serde_json::Value>(&output) else {
        return;
    };
    let text = |name: &str| {
        admin
            .get(name)
            .and_then(|it| it.as_str())
            .unwrap_or_default()
    };
    say("  The first admin, shown this once; the password is changed at the first sign-in:\n");
    say(format_args!("    e-mail    {}", text("email")));
    say(format_args!("    password  {}\n", text("password")));
}

/// A path as a shell reads it.
fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    if text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
