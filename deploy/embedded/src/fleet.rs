//! The children under supervision: started when ready, started again when they crash.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::account::Account;
use crate::backoff::Backoff;
use crate::catalogue::Environment;
use crate::logfile;
use crate::probe::Probe;
use crate::process::Identity;
use crate::record::{Kind, Record};
use crate::report::{Reporter, seconds};

/// What to run, and how to know that it is ready.
#[derive(Clone, Debug)]
pub(crate) struct ChildSpec {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) order: usize,
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<String>,
    pub(crate) environment: Environment,
    /// Whether it sees nothing of the caller's environment: `PGOPTIONS` and such would change it.
    pub(crate) secluded: bool,
    pub(crate) folder: PathBuf,
    pub(crate) account: Option<Account>,
    pub(crate) probe: Option<Probe>,
    pub(crate) patience: Duration,
}

/// What all children share.
#[derive(Debug)]
pub(crate) struct Fleet {
    pub(crate) run_dir: PathBuf,
    pub(crate) log_dir: PathBuf,
    pub(crate) reporter: Reporter,
    /// What was started last under each name; the records on disk are for others, and may be damaged.
    started: Mutex<BTreeMap<String, Record>>,
    stopping: watch::Sender<bool>,
}

impl Fleet {
    pub(crate) fn new(run_dir: PathBuf, log_dir: PathBuf, reporter: Reporter) -> Arc<Self> {
        let stopping = watch::Sender::new(false);
        Arc::new(Self {
            run_dir,
            log_dir,
            reporter,
            started: Mutex::default(),
            stopping,
        })
    }

    /// From now on a child that ends is not started again.
    pub(crate) fn stop_restarting(&self) {
        self.stopping.send_replace(true);
    }

    /// Writes the records again that were lost of children that still run.
    pub(crate) fn mend_records(&self) -> anyhow::Result<()> {
        let started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, record) in started.iter() {
            if record.identity.is_alive() && Record::load(&self.run_dir, name)?.is_none() {
                record.save(&self.run_dir)?;
            }
        }
        Ok(())
    }

    /// Starts the program through the shim that records it. The record is also written here, before
    /// anything can interrupt, so a start that is cancelled leaves nothing unrecorded.
    fn spawn(&self, spec: &ChildSpec) -> anyhow::Result<Child> {
        let log = logfile::open(&self.log_dir, &spec.name)?;
        let (stdout, stderr) = (log.try_clone()?, log);
        self.spawn_with(spec, stdout.into(), stderr.into())
    }

    /// The same, with what it writes for us to read.
    pub(crate) fn spawn_piped(&self, spec: &ChildSpec) -> anyhow::Result<Child> {
        self.spawn_with(spec, Stdio::piped(), Stdio::piped())
    }

    fn spawn_with(&self, spec: &ChildSpec, stdout: Stdio, stderr: Stdio) -> anyhow::Result<Child> {
        let mut command = Command::new(this_program()?);
        command
            .arg("exec-child")
            .arg("--run-dir")
            .arg(&self.run_dir)
            .args(["--name", &spec.name, "--order", &spec.order.to_string()])
            .args(["--kind", kind_name(spec.kind)]);
        if let Some(account) = &spec.account {
            command.args([
                "--uid",
                &account.uid.to_string(),
                "--gid",
                &account.gid.to_string(),
            ]);
        }
        if matches!(spec.kind, Kind::Task | Kind::Service) {
            command.args(["--die-with", &std::process::id().to_string()]);
        }
        if spec.secluded {
            clear_environment(&mut command);
        }
        command.arg("--").arg(&spec.program).args(&spec.args);
        command.envs(spec.environment.iter().map(|(name, value)| (name, value)));
        command
            .current_dir(&spec.folder)
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr);
        // Out of the terminal's process group: Ctrl-C reaches the supervisor, which stops in order.
        command.process_group(0);
        let mut child = command
            .spawn()
            .with_context(|| format!("starting {}", spec.name))?;
        if let Some(identity) = child.id().and_then(Identity::of) {
            let record = Record {
                name: spec.name.clone(),
                kind: spec.kind,
                order: spec.order,
                identity,
            };
            if let Err(error) = record.save(&self.run_dir) {
                // Whoever tries again would overwrite what the child itself may have written.
                let _ = child.start_kill();
                return Err(error);
            }
            let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
            started.insert(spec.name.clone(), record);
        }
        Ok(child)
    }

    /// Starts a child, waits until it is ready, then keeps it running until the fleet stops.
    pub(crate) async fn launch(self: Arc<Self>, spec: ChildSpec) -> anyhow::Result<()> {
        let mut child = self.spawn(&spec)?;
        let pid = child.id();
        tokio::select! {
            status = child.wait() => {
                bail!(self.failure(&spec.name, &format!("ended at once ({})", status?)));
            }
            ready = self.ready(&spec, pid) => ready?,
        }
        tokio::spawn(self.keep(spec, child));
        Ok(())
    }

    /// Waits until the child answers its probe.
    async fn ready(&self, spec: &ChildSpec, pid: Option<u32>) -> anyhow::Result<()> {
        let Some(probe) = &spec.probe else {
            return Ok(());
        };
        let deadline = Instant::now() + spec.patience;
        loop {
            let Err(error) = probe.ask_process(pid).await else {
                return Ok(());
            };
            if Instant::now() > deadline {
                let waited = seconds(spec.patience);
                bail!(self.failure(
                    &spec.name,
                    &format!("is not ready after {waited} ({error:#})")
                ));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn keep(self: Arc<Self>, spec: ChildSpec, mut child: Child) {
        let mut stopping = self.stopping.subscribe();
        let mut backoff = Backoff::new();
        let mut since = Instant::now();
        loop {
            let ended = child.wait().await;
            if *stopping.borrow() {
                return;
            }
            let how = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
            let mut wait = backoff.after(since.elapsed());
            let name = &spec.name;
            self.reporter.note(format!(
                "{name} ended ({how}); starting again in {}",
                seconds(wait)
            ));
            child = loop {
                tokio::select! {
                    // Looked at first: nothing may start once the stop has read what runs.
                    biased;
                    _ = stopping.wait_for(|stopping| *stopping) => return,
                    () = tokio::time::sleep(wait) => {}
                }
                since = Instant::now();
                match self.spawn(&spec) {
                    Ok(child) => break child,
                    Err(error) => {
                        wait = backoff.after(Duration::ZERO);
                        let next = seconds(wait);
                        self.reporter
                            .note(format!("{error:#}; trying again in {next}"));
                    }
                }
            };
            self.announce_when_ready(&mut child, &spec).await;
        }
    }

    async fn announce_when_ready(&self, child: &mut Child, spec: &ChildSpec) {
        let pid = child.id();
        tokio::select! {
            // Its end is looked at by the caller.
            _ = child.wait() => {}
            ready = self.ready(spec, pid) => match ready {
                Ok(()) => self.reporter.note(format!("{} runs again", spec.name)),
                Err(error) => self.reporter.note(format!("{error:#}")),
            },
        }
    }

    /// A failure with the last lines of the child's log and where the rest is.
    pub(crate) fn failure(&self, name: &str, what: &str) -> String {
        let path = logfile::path(&self.log_dir, name);
        let lines = logfile::last_lines(&path, 12);
        let quoted = lines
            .iter()
            .fold(String::new(), |text, line| text + "\n      " + line);
        format!(
            "{name} {what}; the end of its log:{quoted}\n    \
             all of it: mvp logs {name}   ({})\n    what may be wrong: mvp doctor",
            path.display()
        )
    }
}

/// This very program, also after a build has replaced its file.
pub(crate) fn this_program() -> anyhow::Result<PathBuf> {
    if cfg!(target_os = "linux") {
        return Ok(PathBuf::from("/proc/self/exe"));
    }
    std::env::current_exe().context("finding this program's own path")
}

fn clear_environment(command: &mut Command) {
    command.env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command.env("LC_ALL", "C");
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Task => "task",
        Kind::Service => "service",
        Kind::Redis => "redis",
        Kind::Postgres => "postgres",
    }
}
