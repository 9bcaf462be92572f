//! Is a release fit to serve? Row counts, references, known models and known VINs; the answer is a report.

mod counts;
mod facts;
mod references;
mod vins;

use super::EtlError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tokio_postgres::Client;

/// Rows of each table.
pub(crate) type RowCounts = BTreeMap<String, u64>;

/// What was checked, and how it came out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Report {
    /// The release's id.
    pub(crate) release: i32,
    pub(crate) month: String,
    pub(crate) passed: bool,
    pub(crate) checks: Vec<Check>,
}

/// One check.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Check {
    pub(crate) name: String,
    pub(crate) passed: bool,
    /// What was found.
    pub(crate) detail: String,
}

impl Check {
    fn new(name: impl Into<String>, passed: bool, detail: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            passed,
            detail: detail.into(),
        }
    }
}

impl Report {
    /// The failed checks, one line each.
    pub(crate) fn failures(&self) -> Vec<String> {
        self.checks
            .iter()
            .filter(|check| !check.passed)
            .map(|check| format!("{}: {}", check.name, check.detail))
            .collect()
    }
}

/// The release to look at.
pub(super) struct Subject<'a> {
    pub(super) release: i32,
    pub(super) month: String,
    pub(super) schema: &'a str,
    pub(super) row_counts: &'a RowCounts,
}

/// Runs every check.
pub(super) async fn run(
    client: &Client,
    subject: &Subject<'_>,
    shrink_limit_percent: u8,
) -> Result<Report, EtlError> {
    let mut checks = counts::check(client, subject, shrink_limit_percent).await?;
    let complete = checks.iter().all(|check| check.passed);
    if complete {
        // Without its core tables a release has nothing to ask the rest of.
        checks.extend(references::check(client, subject.schema).await?);
        checks.extend(facts::check(client, subject.schema).await?);
        checks.extend(vins::check(client, subject.schema).await?);
    }
    Ok(Report {
        release: subject.release,
        month: subject.month.clone(),
        passed: checks.iter().all(|check| check.passed),
        checks,
    })
}
