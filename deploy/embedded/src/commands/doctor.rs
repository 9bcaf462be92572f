//! `mvp doctor`: looks at everything a start needs, and says what to do where something is amiss.

use std::os::unix::fs::MetadataExt as _;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use crate::layout::Layout;
use crate::lock::Lock;
use crate::lodging::Lodging;
use crate::record::{Phase, Record, State};
use crate::report::say;
use crate::{account, catalogue, orphans, ports, postgres, secrets, servers, services};

/// A vPIC release twice over, its logs and some room.
const ENOUGH_DISK_MB: u64 = 2048;
const LITTLE_DISK_MB: u64 = 512;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Ok,
    Warn,
    Fail,
}

struct Findings {
    failed: bool,
}

impl Findings {
    fn line(&mut self, verdict: Verdict, what: &str, text: impl std::fmt::Display) {
        let word = match verdict {
            Verdict::Ok => "ok",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
        };
        self.failed |= verdict == Verdict::Fail;
        say(format_args!("  {word:<5} {what:<18} {text}"));
    }

    fn check(&mut self, what: &str, found: anyhow::Result<String>) {
        match found {
            Ok(text) => self.line(Verdict::Ok, what, text),
            Err(error) => self.line(Verdict::Fail, what, format!("{error:#}")),
        }
    }
}

pub(crate) fn run(layout: &Layout) -> anyhow::Result<ExitCode> {
    let mut findings = Findings { failed: false };
    let state = state(&mut findings, layout);
    tools(&mut findings, layout);
    programs(&mut findings, layout);
    data(&mut findings, layout);
    lodging(&mut findings, layout);
    secret_files(&mut findings, layout);
    port_lines(&mut findings, &state)?;
    disk(&mut findings, layout);
    clock(&mut findings, layout);
    Ok(if findings.failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn state(findings: &mut Findings, layout: &Layout) -> State {
    let read = || -> anyhow::Result<(State, usize)> {
        let records = Record::all(&layout.run_dir())?;
        let running = records
            .iter()
            .filter(|record| record.identity.is_alive())
            .count()
            + orphans::find(layout)?.len();
        Ok((State::load(&layout.state_file())?, running))
    };
    let (state, running) = match read() {
        Ok(read) => read,
        Err(error) => {
            findings.line(Verdict::Fail, "state", format!("{error:#}"));
            return State::default();
        }
    };
    let (verdict, text) = if let Some(supervisor) = Lock::supervisor(layout, &state) {
        (
            Verdict::Ok,
            format!("supervisor {} runs {running} children", supervisor.pid),
        )
    } else if running > 0 {
        let text = format!("{running} children run without a supervisor: `mvp down` stops them");
        (Verdict::Warn, text)
    } else if state.supervisor.is_some() {
        (
            Verdict::Warn,
            "the supervisor was killed; the next `mvp up` tidies up".to_owned(),
        )
    } else if state.phase == Phase::Failed {
        (
            Verdict::Warn,
            "the last start failed: `mvp logs supervisor`".to_owned(),
        )
    } else {
        (Verdict::Ok, "stopped".to_owned())
    };
    findings.line(verdict, "state", text);
    state
}

fn tools(findings: &mut Findings, layout: &Layout) {
    let data_major = postgres::data_major(&layout.postgres_dir());
    let candidates = servers::postgres_candidates();
    let fits = |server: &&servers::PostgresServer| data_major.is_none_or(|m| m == server.major);
    match (candidates.iter().find(fits), data_major) {
        (Some(server), _) => {
            let text = format!("{} in {}", server.version, server.bin_dir.display());
            findings.line(Verdict::Ok, "PostgreSQL", text);
        }
        (None, Some(major)) => {
            let text = format!("the data needs version {major}: install it beside the others");
            findings.line(Verdict::Fail, "PostgreSQL", text);
        }
        (None, None) => {
            findings.line(
                Verdict::Fail,
                "PostgreSQL",
                "14 or later not found: `mvp setup`",
            );
        }
    }
    match servers::redis() {
        Some(server) => findings.line(Verdict::Ok, "Redis", server.version),
        None => findings.line(Verdict::Fail, "Redis", "not found: `mvp setup` installs it"),
    }
}

fn programs(findings: &mut Findings, layout: &Layout) {
    for service in &catalogue::SERVICES {
        let found = services::program(layout, service).map(|path| path.display().to_string());
        findings.check(service.name, found);
    }
    let dump = layout
        .embedded_dump()
        .map(|path| path.display().to_string());
    findings.check("vPIC release", dump);
}

fn data(findings: &mut Findings, layout: &Layout) {
    let folder = layout.data.display();
    let account = match account::for_stores(&layout.postgres_dir()) {
        Ok(account) => account,
        Err(error) => return findings.line(Verdict::Fail, "account", format!("{error:#}")),
    };
    if let Some(account) = account {
        if account.reaches(&layout.data) {
            let text = format!("{folder}, stores run as {}", account.name);
            findings.line(Verdict::Ok, "data", text);
        } else {
            let text = format!(
                "{} cannot enter {folder}: chmod o+x the folders above",
                account.name
            );
            findings.line(Verdict::Fail, "data", text);
        }
        return;
    }
    let me = rustix::process::geteuid().as_raw();
    match std::fs::metadata(&layout.data) {
        Ok(metadata) if metadata.uid() != me => {
            let text = format!("{folder} belongs to another user (uid {})", metadata.uid());
            findings.line(Verdict::Fail, "data", text);
        }
        Ok(_) => findings.line(Verdict::Ok, "data", folder),
        Err(_) => findings.line(
            Verdict::Ok,
            "data",
            format!("{folder}, made at the first start"),
        ),
    }
}

fn lodging(findings: &mut Findings, layout: &Layout) {
    match Lodging::find(layout) {
        Ok(Lodging::Caller) => {}
        Ok(Lodging::Account(account)) => {
            findings.line(Verdict::Ok, "services", format!("run as {}", account.name));
        }
        Ok(Lodging::Root(why)) => {
            findings.line(Verdict::Warn, "services", format!("run as root: {why}"));
        }
        Err(error) => findings.line(Verdict::Fail, "services", format!("{error:#}")),
    }
}

fn secret_files(findings: &mut Findings, layout: &Layout) {
    let folder = layout.secrets.display();
    let open = secrets::too_open(&layout.secrets);
    if !open.is_empty() {
        let text = format!(
            "others may read {} in {folder}: the next start closes them, or chmod 600",
            open.join(", ")
        );
        return findings.line(Verdict::Warn, "secrets", text);
    }
    let all = catalogue::secrets();
    let missing = all
        .iter()
        .filter(|(name, _)| !layout.secrets.join(name).exists())
        .count();
    let has_data = postgres::data_major(&layout.postgres_dir()).is_some();
    if missing > 0 && has_data {
        let text = format!(
            "{missing} are missing in {folder} although there is data: put them back, or `mvp reset`"
        );
        findings.line(Verdict::Fail, "secrets", text);
    } else if missing > 0 {
        findings.line(
            Verdict::Ok,
            "secrets",
            format!("{missing} will be made in {folder}"),
        );
    } else {
        findings.line(Verdict::Ok, "secrets", format!("{} in {folder}", all.len()));
    }
}

fn port_lines(findings: &mut Findings, state: &State) -> anyhow::Result<()> {
    if state.live_supervisor().is_some() {
        findings.line(Verdict::Ok, "ports", "in use by this installation");
        return Ok(());
    }
    let wanted = ports::preferred()?;
    let taken: Vec<String> = wanted
        .iter()
        .map(|(name, preferred)| (name, state.ports.get(name).copied().unwrap_or(*preferred)))
        .filter(|(_, port)| !ports::is_free(*port))
        .map(|(name, port)| format!("{port} ({name})"))
        .collect();
    if taken.is_empty() {
        findings.line(Verdict::Ok, "ports", "all free");
    } else {
        let text = format!(
            "taken: {}; the next free ones will be used",
            taken.join(", ")
        );
        findings.line(Verdict::Warn, "ports", text);
    }
    Ok(())
}

fn disk(findings: &mut Findings, layout: &Layout) {
    let there = layout.data.ancestors().find(|folder| folder.exists());
    let Some(space) = there.and_then(|folder| rustix::fs::statvfs(folder).ok()) else {
        return findings.line(Verdict::Warn, "disk", "free space is not known");
    };
    let free_mb = space.f_bavail.saturating_mul(space.f_frsize) / (1024 * 1024);
    let verdict = match free_mb {
        ENOUGH_DISK_MB.. => Verdict::Ok,
        LITTLE_DISK_MB.. => Verdict::Warn,
        _ => Verdict::Fail,
    };
    let advice = if verdict == Verdict::Ok {
        ""
    } else {
        "; a vPIC load needs about 2 GB: make room"
    };
    findings.line(verdict, "disk", format!("{free_mb} MB free{advice}"));
}

/// A clock that runs behind makes certificates, tokens and schedules wrong.
fn clock(findings: &mut Findings, layout: &Layout) {
    let newest = [
        layout.state_file(),
        layout.log_dir(),
        layout.checkout.join("Cargo.toml"),
    ]
    .iter()
    .filter_map(|path| std::fs::metadata(path).ok()?.modified().ok())
    .max();
    let now = SystemTime::now();
    match newest.and_then(|newest| newest.duration_since(now).ok()) {
        Some(ahead) if ahead > Duration::from_mins(2) => {
            let text = format!(
                "files here are {} minutes from the future: set the clock",
                ahead.as_secs() / 60
            );
            findings.line(Verdict::Warn, "clock", text);
        }
        _ => findings.line(Verdict::Ok, "clock", jiff::Timestamp::now().to_string()),
    }
}
