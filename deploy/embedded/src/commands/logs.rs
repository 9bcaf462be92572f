//! `mvp logs`: what the children wrote, of one or of all, as it was or as it comes.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;

use crate::layout::Layout;
use crate::logfile;

pub(crate) async fn run(
    layout: &Layout,
    name: Option<&str>,
    follow: bool,
    lines: usize,
) -> anyhow::Result<ExitCode> {
    let known = names(&layout.log_dir());
    let chosen = match name {
        Some(name) if known.iter().any(|known| known == name) => vec![name.to_owned()],
        Some(name) => bail!("there is no log of {name}; there are: {}", known.join(", ")),
        None => known,
    };
    let width = if name.is_some() {
        0
    } else {
        chosen.iter().map(String::len).max().unwrap_or(0)
    };
    let mut tails: Vec<Tail> = Vec::new();
    for name in chosen {
        let path = logfile::path(&layout.log_dir(), &name);
        let prefix = if width == 0 {
            String::new()
        } else {
            format!("{name:<width$} | ")
        };
        let tail = Tail {
            prefix,
            position: length(&path),
            path,
            rest: String::new(),
        };
        for line in logfile::last_lines(&tail.path, lines) {
            tail.print(&line)?;
        }
        tails.push(tail);
    }
    if !follow {
        return Ok(ExitCode::SUCCESS);
    }
    loop {
        for tail in &mut tails {
            if tail.catch_up().is_err() {
                // The reader has gone, as `| head` does.
                return Ok(ExitCode::SUCCESS);
            }
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn names(log_dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(log_dir).map(Iterator::flatten);
    let mut names: Vec<String> = entries
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            entry
                .file_name()
                .to_str()?
                .strip_suffix(".log")
                .map(str::to_owned)
        })
        .collect();
    names.sort();
    names
}

/// One log that is being followed.
struct Tail {
    prefix: String,
    path: PathBuf,
    position: u64,
    /// A line whose end has not been written yet.
    rest: String,
}

impl Tail {
    fn print(&self, line: &str) -> std::io::Result<()> {
        writeln!(std::io::stdout().lock(), "{}{line}", self.prefix)
    }

    fn catch_up(&mut self) -> std::io::Result<()> {
        let now = length(&self.path);
        if now < self.position {
            // It was moved aside and begins anew.
            self.position = 0;
        }
        if now == self.position {
            return Ok(());
        }
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.position))?;
        let mut bytes = Vec::new();
        let count = file.take(1024 * 1024).read_to_end(&mut bytes)?;
        self.position += u64::try_from(count).unwrap_or_default();
        self.rest.push_str(&String::from_utf8_lossy(&bytes));
        while let Some((line, rest)) = self.rest.split_once('\n') {
            self.print(line)?;
            self.rest = rest.to_owned();
        }
        Ok(())
    }
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}
