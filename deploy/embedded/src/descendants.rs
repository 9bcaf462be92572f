//! The processes below this one, also those whose own parents have ended, so that none outlives it
//! (Linux; elsewhere they are handed to the system's first process and cannot be told from others).

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::process::Identity;

/// From now on a process below this one whose parent ends becomes this one's child.
#[cfg(target_os = "linux")]
pub(crate) fn keep() -> anyhow::Result<()> {
    use rustix::process::{getpid, set_child_subreaper};
    Ok(set_child_subreaper(Some(getpid()))?)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn keep() -> anyhow::Result<()> {
    Ok(())
}

/// Ends all of them, except these and what is below these; says how many there were.
pub(crate) async fn end(except: &[u32]) -> anyhow::Result<usize> {
    let mut met: Vec<Identity> = Vec::new();
    for signal in [Signal::TERM, Signal::KILL] {
        let mut told: Vec<Identity> = Vec::new();
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            let left = alive(except);
            if left.is_empty() {
                return Ok(met.len());
            }
            // They may still be starting others.
            for process in left {
                if !told.contains(&process) {
                    process.signal(signal)?;
                    told.push(process.clone());
                }
                if !met.contains(&process) {
                    met.push(process);
                }
            }
            if Instant::now() > deadline {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    anyhow::bail!(
        "{} processes do not end, not even by SIGKILL",
        alive(except).len()
    )
}

#[cfg(target_os = "linux")]
fn alive(except: &[u32]) -> Vec<Identity> {
    let entries = std::fs::read_dir("/proc").map(Iterator::flatten);
    let pids = entries
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let related: Vec<(u32, u32)> = pids
        .filter_map(|pid| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            Some((pid, parent(&stat)?))
        })
        .collect();
    below(std::process::id(), &related, except)
        .into_iter()
        .filter_map(Identity::of)
        .collect()
}

#[cfg(not(target_os = "linux"))]
fn alive(_except: &[u32]) -> Vec<Identity> {
    Vec::new()
}

/// Field 4 of proc(5) `stat`.
#[cfg(target_os = "linux")]
fn parent(stat: &str) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// Every process below `root`, by pairs of a process and its parent.
#[cfg(target_os = "linux")]
fn below(root: u32, related: &[(u32, u32)], except: &[u32]) -> Vec<u32> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        let children = related.iter().filter(|(_, its)| *its == parent);
        let new: Vec<u32> = children
            .map(|(pid, _)| *pid)
            .filter(|pid| !except.contains(pid) && !found.contains(pid))
            .collect();
        found.extend(new);
        next += 1;
    }
    found.split_off(1)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_is_found_except_a_branch() {
        let related = [(2, 1), (3, 2), (4, 2), (5, 3), (6, 4), (7, 9), (9, 7)];
        assert_eq!(below(2, &related, &[4]), [3, 5]);
        assert_eq!(below(1, &related, &[]), [2, 3, 4, 5, 6]);
        assert_eq!(parent("42 (a) b (c)) S 7 42 42 0 -1"), Some(7));
    }
}
