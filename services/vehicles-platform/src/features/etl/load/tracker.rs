//! Which step a load is at, how long each took, and telling whoever watches.

use super::super::sources::Gauge;
use serde_json::{Value, json};
use std::future::Future;
use std::io::Write;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// At most so often is progress told within one step.
const TELL_EVERY: Duration = Duration::from_millis(400);

/// The steps of a load, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Connect,
    Fetch,
    Read,
    Index,
    Derive,
    Catalogue,
    Validate,
    Switch,
}

impl Step {
    /// The name in the registry and in JSON.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Fetch => "fetch",
            Self::Read => "read",
            Self::Index => "index",
            Self::Derive => "derive",
            Self::Catalogue => "catalogue",
            Self::Validate => "validate",
            Self::Switch => "switch",
        }
    }

    /// What it is doing, for "failed while …".
    pub(crate) fn phrase(self) -> &'static str {
        match self {
            Self::Connect => "connecting",
            Self::Fetch => "fetching the source",
            Self::Read => "reading the source",
            Self::Index => "indexing the tables",
            Self::Derive => "deriving the catalogue",
            Self::Catalogue => "writing the catalogue",
            Self::Validate => "validating the release",
            Self::Switch => "switching to the release",
        }
    }
}

/// How progress is told, on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ProgressFormat {
    /// Lines for people.
    Plain,
    /// One JSON object a line.
    Json,
    /// Not at all.
    None,
}

/// Follows one load.
pub(crate) struct Tracker {
    format: ProgressFormat,
    begun: Instant,
    state: Mutex<State>,
}

struct State {
    step: Step,
    since: Instant,
    finished: Vec<(Step, Duration)>,
    told_at: Option<Instant>,
    told: String,
}

impl Tracker {
    pub(crate) fn new(format: ProgressFormat) -> Self {
        let begun = Instant::now();
        Self {
            format,
            begun,
            state: Mutex::new(State {
                step: Step::Connect,
                since: begun,
                finished: Vec::new(),
                told_at: None,
                told: String::new(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next step begins.
    pub(crate) fn enter(&self, step: Step) {
        let mut state = self.state();
        let now = Instant::now();
        let finished = (state.step, now - state.since);
        if state.step != step {
            state.finished.push(finished);
        }
        (state.step, state.since, state.told_at) = (step, now, None);
        drop(state);
        tracing::debug!(step = step.key(), "the load goes on");
        if !matches!(step, Step::Connect | Step::Fetch | Step::Read) {
            self.tell("", None);
        }
    }

    pub(crate) fn step(&self) -> Step {
        self.state().step
    }

    /// A table, or nothing, is so far along.
    pub(crate) fn tell(&self, table: &str, percent: Option<u64>) {
        if self.format == ProgressFormat::None {
            return;
        }
        let mut state = self.state();
        let recently = state.told_at.is_some_and(|at| at.elapsed() < TELL_EVERY);
        let line = match self.format {
            ProgressFormat::Json => json_line(state.step, table, percent),
            ProgressFormat::Plain | ProgressFormat::None => plain_line(state.step, table, percent),
        };
        if recently || state.told == line {
            return;
        }
        state.told_at = Some(Instant::now());
        state.told.clone_from(&line);
        drop(state);
        say(&line);
    }

    /// Tells how far a gauge is while something runs.
    pub(crate) async fn watching<T>(&self, gauge: &Gauge, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(TELL_EVERY) => self.tell("", gauge.percent()),
            }
        }
    }

    /// How long each step took, the running one until now.
    pub(crate) fn durations_ms(&self) -> Value {
        let state = self.state();
        let running = (state.step, state.since.elapsed());
        let steps = state.finished.iter().chain(std::iter::once(&running));
        steps
            .map(|(step, took)| (step.key().to_owned(), json!(millis(*took))))
            .chain([("total".to_owned(), json!(millis(self.begun.elapsed())))])
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    /// The load is through.
    pub(crate) fn finish(&self, summary: &str) -> Duration {
        let took = self.begun.elapsed();
        match self.format {
            ProgressFormat::Plain => say(&format!("{summary}, after {:.1} s", took.as_secs_f64())),
            ProgressFormat::Json => {
                let line = json!({"step": "done", "summary": summary, "duration_ms": millis(took)});
                say(&line.to_string());
            }
            ProgressFormat::None => {}
        }
        took
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn plain_line(step: Step, table: &str, percent: Option<u64>) -> String {
    let doing = match step {
        Step::Connect => "Connecting".to_owned(),
        Step::Fetch => "Fetching the source".to_owned(),
        Step::Read => format!("Reading {}", rows_of(table)),
        Step::Index => "Indexing".to_owned(),
        Step::Derive => "Deriving the catalogue".to_owned(),
        Step::Catalogue => "Writing the catalogue".to_owned(),
        Step::Validate => "Checking the release".to_owned(),
        Step::Switch => "Making it live".to_owned(),
    };
    match percent {
        Some(percent) => format!("{doing} … {percent} %"),
        None => format!("{doing} …"),
    }
}

/// What a person calls the rows of a table.
fn rows_of(table: &str) -> &str {
    match table {
        "pattern" => "patterns",
        "wmi" | "wmi_make" | "wmi_vinschema" => "manufacturers' identifiers",
        "make" | "model" | "make_model" => "makes and models",
        "vehiclespecpattern" | "vehiclespecschema" | "vspecschemapattern" => "specifications",
        "vinschema" => "VIN schemas",
        "vinexception" => "exceptions",
        _ => "look-up tables",
    }
}

fn json_line(step: Step, table: &str, percent: Option<u64>) -> String {
    let mut line = json!({"step": step.key()});
    if let Some(fields) = line.as_object_mut() {
        if !table.is_empty() {
            fields.insert("table".to_owned(), json!(table));
        }
        if let Some(percent) = percent {
            fields.insert("percent".to_owned(), json!(percent));
        }
    }
    line.to_string()
}

/// Nobody reading is no reason to stop loading.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_reads_what_is_read_and_how_far() {
        assert_eq!(
            plain_line(Step::Read, "pattern", Some(43)),
            "Reading patterns … 43 %"
        );
        assert_eq!(
            plain_line(Step::Derive, "", None),
            "Deriving the catalogue …"
        );
        let line: Value = serde_json::from_str(&json_line(Step::Read, "wmi", Some(9))).unwrap();
        assert_eq!(line, json!({"step": "read", "table": "wmi", "percent": 9}));
    }

    #[test]
    fn the_durations_name_each_step_once_and_the_total() {
        let tracker = Tracker::new(ProgressFormat::None);
        tracker.enter(Step::Connect);
        tracker.enter(Step::Read);
        tracker.enter(Step::Switch);
        let durations = tracker.durations_ms();
        let keys: Vec<_> = durations.as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, ["connect", "read", "switch", "total"]);
        assert_eq!(tracker.step(), Step::Switch);
    }
}
