//! `mvp status`: a table for people, one JSON object for scripts.

use std::process::ExitCode;

use crate::layout::Layout;
use crate::lodging::Lodging;
use crate::record::Phase;
use crate::report::say;
use crate::status::Status;

/// The exit code that says: nothing runs.
const STOPPED: u8 = 3;

pub(crate) async fn run(layout: &Layout, json: bool) -> anyhow::Result<ExitCode> {
    let status = Status::gather(layout).await?;
    if json {
        say(serde_json::to_string_pretty(&status)?);
    } else {
        table(&status);
        if let (Lodging::Root(why), false) = (Lodging::find(layout)?, status.is_stopped()) {
            say(format_args!("\n  warning: the services run as root: {why}"));
        }
    }
    Ok(if status.is_up() {
        ExitCode::SUCCESS
    } else if status.is_stopped() {
        ExitCode::from(STOPPED)
    } else {
        ExitCode::FAILURE
    })
}

fn table(status: &Status) {
    let pid = |pid: Option<u32>| pid.map_or_else(|| "-".to_owned(), |pid| pid.to_string());
    let row = |name: &str, health: &str, pid: String, place: &str| {
        say(format_args!("  {name:<20} {health:<12} {pid:>8}   {place}"));
    };
    row("", "health", "pid".to_owned(), "where");
    for (name, service) in &status.services {
        row(name, service.health.word(), pid(service.pid), &service.url);
    }
    let runs = |pid: Option<u32>| if pid.is_some() { "runs" } else { "stopped" };
    for (name, store) in &status.postgres {
        let place = format!("127.0.0.1:{} {}", store.port, store.database);
        row(
            &format!("postgres-{name}"),
            runs(store.pid),
            pid(store.pid),
            &place,
        );
    }
    for (name, store) in &status.redis {
        let place = format!("127.0.0.1:{}", store.port);
        row(
            &format!("redis-{name}"),
            runs(store.pid),
            pid(store.pid),
            &place,
        );
    }
    let supervisor = match (status.supervisor, status.phase) {
        (Some(_), Phase::Starting) => "starting",
        (Some(_), Phase::Stopping) => "stopping",
        (Some(_), _) => "runs",
        (None, _) if !status.is_stopped() => "lost: `mvp up` or `mvp down` tidies up",
        (None, Phase::Failed) => "failed at its last start; see `mvp logs supervisor`",
        (None, _) => "stopped",
    };
    row("supervisor", supervisor, pid(status.supervisor), "");
    if let (Phase::Failed, Some(failure)) = (status.phase, &status.failure) {
        say(format_args!("\n  {failure}"));
    }
}
