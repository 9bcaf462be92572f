//! How often keys are used, told to the platform now and then.

use super::TenantKeys;
use super::platform::{Platform, Told};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::Mutex as AsyncMutex;
use uuid::Uuid;

const INTERVAL: Duration = Duration::from_secs(10);
/// What the platform takes at once.
const MOST: usize = 1_000;
const DAY_S: i64 = 86_400;

/// Requests of a key on a day (UTC).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Used {
    id: String,
    requests: u64,
    day: Date,
}

/// What is told at once. It keeps its name until it is known to be written down: then a platform that has written it down
/// and could not say so does not count it twice.
pub(super) struct Report {
    pub(super) name: String,
    pub(super) used: Vec<Used>,
}

/// Requests that have not been reported.
#[derive(Default)]
pub(super) struct Usage {
    counts: Mutex<Counts>,
    /// Reports on their way; who holds them sends them.
    reports: AsyncMutex<VecDeque<Report>>,
}

#[derive(Default)]
struct Counts {
    /// Days since 1970 of what is being counted.
    day: i64,
    today: HashMap<Arc<str>, u64>,
    /// Of days that have ended.
    before: Vec<Used>,
}

impl Counts {
    fn begin(&mut self, day: i64) {
        if day != self.day {
            let ended = date_of(self.day);
            let used = self.today.drain().map(|(id, requests)| Used {
                id: id.as_ref().to_owned(),
                requests,
                day: ended,
            });
            self.before.extend(used);
            self.day = day;
        }
    }
}

impl Usage {
    pub(super) fn add(&self, id: &Arc<str>) {
        self.add_on(Timestamp::now().as_second().div_euclid(DAY_S), id);
    }

    fn add_on(&self, day: i64, id: &Arc<str>) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.begin(day);
        match counts.today.get_mut(id) {
            Some(count) => *count = count.saturating_add(1),
            None => {
                counts.today.insert(Arc::clone(id), 1);
            }
        }
    }

    fn take(&self) -> Vec<Report> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let day = counts.day;
        // As if the day had ended; what comes of it later is counted anew.
        counts.begin(day.saturating_add(1));
        counts.day = day;
        let used = std::mem::take(&mut counts.before);
        drop(counts);
        used.chunks(MOST)
            .map(|some| Report {
                name: Uuid::new_v4().to_string(),
                used: some.to_vec(),
            })
            .collect()
    }
}

/// A day by its number since 1970.
fn date_of(day: i64) -> Date {
    let begin = Timestamp::from_second(day.saturating_mul(DAY_S)).unwrap_or_default();
    begin.to_zoned(TimeZone::UTC).date()
}

/// Reports as long as anybody uses the keys.
pub(super) async fn report(keys: Weak<TenantKeys>, platform: Platform) {
    let mut ticks = tokio::time::interval(INTERVAL);
    loop {
        ticks.tick().await;
        let Some(keys) = keys.upgrade() else { return };
        report_once(&keys, &platform).await;
    }
}

/// First what was not taken the last time, then what has been counted since.
pub(super) async fn report_once(keys: &TenantKeys, platform: &Platform) {
    let mut reports = keys.usage.reports.lock().await;
    for is_rest in [true, false] {
        if !is_rest {
            reports.extend(keys.usage.take());
        }
        while let Some(report) = reports.front() {
            match platform.report(report).await {
                Told::WrittenDown => {}
                Told::Refused(status) => tracing::error!(
                    status,
                    keys = report.used.len(),
                    "the tenants platform does not take a report of what keys were used"
                ),
                Told::Unheard => return,
            }
            reports.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_is_counted_no_more_and_every_day_for_itself() {
        let usage = Usage::default();
        let id: Arc<str> = "a".into();
        for day in [20_000, 20_000, 20_001] {
            usage.add_on(day, &id);
        }
        let used = |requests, day: &str| Used {
            id: "a".to_owned(),
            requests,
            day: day.parse().unwrap(),
        };
        let [report] = usage.take().try_into().ok().unwrap();
        assert_eq!(report.used, [used(2, "2024-10-04"), used(1, "2024-10-05")]);
        assert!(usage.take().is_empty());
        usage.add_on(20_001, &id);
        let [again] = usage.take().try_into().ok().unwrap();
        assert_eq!(again.used, [used(1, "2024-10-05")]);
        assert_ne!(again.name, report.name);
    }

    #[test]
    fn a_report_is_no_larger_than_the_platform_takes() {
        let usage = Usage::default();
        for number in 0..2_500 {
            usage.add_on(20_000, &format!("k{number}").into());
        }
        let sizes: Vec<_> = usage.take().iter().map(|it| it.used.len()).collect();
        assert_eq!(sizes, [1_000, 1_000, 500]);
    }
}
