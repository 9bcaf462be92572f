//! What a start tells the person who waits for it: steps with their elapsed time.
//!
//! The supervisor reports events; a console draws them, directly or at the other end of a pipe.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// One thing worth telling.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    Begin {
        step: String,
    },
    Progress {
        step: String,
        text: String,
    },
    Done {
        step: String,
        text: String,
        elapsed_ms: u64,
    },
    Note {
        text: String,
    },
    Failed {
        text: String,
    },
    Ready,
}

/// Draws events: in place on a terminal, otherwise as plain lines.
#[derive(Debug)]
pub(crate) struct Console {
    is_terminal: bool,
    line_open: bool,
}

impl Console {
    pub(crate) fn new() -> Self {
        Self {
            is_terminal: io::stdout().is_terminal(),
            line_open: false,
        }
    }

    pub(crate) fn draw(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Begin { step } => self.unfinished(step, "…"),
            Event::Progress { step, text } => self.unfinished(step, text),
            Event::Done {
                step,
                text,
                elapsed_ms,
            } => {
                let mark = if self.is_terminal {
                    "\x1b[32m✓\x1b[0m"
                } else {
                    "✓"
                };
                let elapsed = seconds(Duration::from_millis(*elapsed_ms));
                self.line(&format!("  {mark} {step:<18} {text:<58} {elapsed:>8}"))
            }
            Event::Note { text } => self.line(&format!("  · {text}")),
            Event::Failed { text } => self.line(&format!("\n  ✗ {text}")),
            Event::Ready => Ok(()),
        }
    }

    /// A step under way: redrawn on a terminal, one line each time elsewhere.
    fn unfinished(&mut self, step: &str, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.is_terminal {
            let text: String = text.chars().take(76).collect();
            write!(out, "\r\x1b[2K  · {step:<18} {text}")?;
            self.line_open = true;
        } else if text != "…" {
            writeln!(out, "  · {step:<18} {text}")?;
        }
        out.flush()
    }

    fn line(&mut self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if std::mem::take(&mut self.line_open) {
            write!(out, "\r\x1b[2K")?;
        }
        writeln!(out, "{text}")?;
        out.flush()
    }
}

/// Where the supervisor's events go besides its log.
#[derive(Debug)]
pub(crate) enum Sink {
    Console(Console),
    /// One JSON object a line on stdout, for the `up --detach` that waits there.
    Pipe,
    Nobody,
}

/// The supervisor's voice: its log file, and whoever listens.
#[derive(Debug)]
pub(crate) struct Reporter {
    log: Mutex<std::fs::File>,
    sink: Mutex<Sink>,
}

impl Reporter {
    pub(crate) fn new(log_dir: &Path, sink: Sink) -> anyhow::Result<Self> {
        let log = crate::logfile::open(log_dir, SUPERVISOR)?;
        Ok(Self {
            log: Mutex::new(log),
            sink: Mutex::new(sink),
        })
    }

    pub(crate) fn report(&self, event: &Event) {
        if let Some(line) = log_line(event) {
            let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
            // A full disk must not stop the supervisor from supervising.
            let _ = writeln!(log, "{} {line}", jiff::Timestamp::now());
        }
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        let told = match &mut *sink {
            Sink::Console(console) => console.draw(event),
            Sink::Pipe => pipe(event),
            Sink::Nobody => Ok(()),
        };
        if told.is_err() {
            // Whoever listened has left; the log goes on.
            *sink = Sink::Nobody;
        }
    }

    pub(crate) fn note(&self, text: impl Into<String>) {
        self.report(&Event::Note { text: text.into() });
    }

    /// Runs a step and tells how long it took; the step gives the text of its result.
    pub(crate) async fn step<T>(
        &self,
        step: &str,
        work: impl Future<Output = anyhow::Result<(T, String)>>,
    ) -> anyhow::Result<T> {
        self.report(&Event::Begin {
            step: step.to_owned(),
        });
        let start = Instant::now();
        let (value, text) = work.await?;
        let elapsed_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.report(&Event::Done {
            step: step.to_owned(),
            text,
            elapsed_ms,
        });
        Ok(value)
    }
}

/// The name under which the supervisor's own log is kept.
pub(crate) const SUPERVISOR: &str = "supervisor";

fn log_line(event: &Event) -> Option<String> {
    match event {
        Event::Begin { .. } => None,
        Event::Progress { step, text } => Some(format!("{step}: {text}")),
        Event::Done {
            step,
            text,
            elapsed_ms,
        } => Some(format!(
            "{step}: {text} ({})",
            seconds(Duration::from_millis(*elapsed_ms))
        )),
        Event::Note { text } => Some(text.clone()),
        Event::Failed { text } => Some(format!("failed: {text}")),
        Event::Ready => Some("ready".to_owned()),
    }
}

/// One JSON object a line on standard output.
pub(crate) fn pipe(event: &Event) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string(event)?)?;
    out.flush()
}

/// `0.24 s`, `12.3 s`.
pub(crate) fn seconds(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    if seconds < 10.0 {
        format!("{seconds:.2} s")
    } else {
        format!("{seconds:.1} s")
    }
}

/// Prints a line for the person; a reader that has gone away is no error.
pub(crate) fn say(text: impl std::fmt::Display) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}
