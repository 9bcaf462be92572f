//! What a watcher of the schedule sees: when a load last went well, how long it took, what it brought.

use super::super::data::registry::ReleaseRow;
use super::super::load::LoadedRelease;
use super::super::validate::RowCounts;
use jiff::Timestamp;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Meter};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Clone)]
pub(super) struct Metrics {
    shown: Arc<Mutex<Shown>>,
    runs: Counter<u64>,
}

/// The gauges as they are. Labels of a release that is no longer live must not stay, so they are observed, not recorded.
#[derive(Default)]
struct Shown {
    last_success_s: Option<f64>,
    last_duration_s: Option<f64>,
    rows: RowCounts,
    release: Option<(i32, String)>,
}

impl Metrics {
    pub(super) fn register() -> Self {
        let meter = opentelemetry::global::meter("etl");
        let shown = Arc::new(Mutex::new(Shown::default()));
        gauge(
            &meter,
            "mvp_etl_last_success_timestamp_seconds",
            &shown,
            |shown| shown.last_success_s,
        );
        gauge(&meter, "mvp_etl_last_duration_seconds", &shown, |shown| {
            shown.last_duration_s
        });
        observe_rows(&meter, &shown);
        observe_release(&meter, &shown);
        Self {
            shown,
            runs: meter
                .u64_counter("mvp_etl_runs")
                .with_description("Loads by how they ended: loaded, nothing_new, failed")
                .build(),
        }
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn loaded(&self, release: &LoadedRelease, now: Timestamp) {
        let mut shown = self.shown();
        shown.last_success_s = Some(now.as_duration().as_secs_f64());
        shown.last_duration_s = Some(release.duration.as_secs_f64());
        shown.rows.clone_from(&release.row_counts);
        shown.release = Some((release.id, release.month.to_string()));
        drop(shown);
        self.count("loaded");
    }

    /// What there is was looked at and is loaded: as good as a load.
    pub(super) fn nothing_new(&self, now: Timestamp) {
        self.shown().last_success_s = Some(now.as_duration().as_secs_f64());
        self.count("nothing_new");
    }

    /// The source has no new release. That is no failure, and no success either: a source that has moved looks the same,
    /// and the age of the last success is what tells.
    pub(super) fn not_published(&self) {
        self.count("nothing_new");
    }

    pub(super) fn failed(&self) {
        self.count("failed");
    }

    fn count(&self, result: &'static str) {
        self.runs.add(1, &[KeyValue::new("result", result)]);
    }

    /// Shows what the registry says of the live release. What was looked at later and held nothing new stays the last
    /// success.
    pub(super) fn remember(&self, live: &ReleaseRow) {
        let mut shown = self.shown();
        let finished_s = live
            .finished_at
            .as_ref()
            .and_then(|text| text.parse::<Timestamp>().ok())
            .map(|at| at.as_duration().as_secs_f64());
        shown.last_success_s = match (shown.last_success_s, finished_s) {
            (Some(shown), Some(finished)) => Some(shown.max(finished)),
            (shown, finished) => shown.or(finished),
        };
        let total_ms = live
            .phase_ms
            .as_ref()
            .and_then(|phases| phases.get("total")?.as_f64());
        shown.last_duration_s = total_ms.map(|ms| ms / 1_000.0);
        shown.rows = live
            .row_counts
            .clone()
            .and_then(|counts| serde_json::from_value(counts).ok())
            .unwrap_or_default();
        shown.release = Some((live.id, live.month.clone().unwrap_or_default()));
    }
}

fn gauge(
    meter: &Meter,
    name: &'static str,
    shown: &Arc<Mutex<Shown>>,
    value: impl Fn(&Shown) -> Option<f64> + Send + Sync + 'static,
) {
    let shown = Arc::clone(shown);
    meter
        .f64_observable_gauge(name)
        .with_callback(move |observer| {
            if let Some(value) = value(&shown.lock().unwrap_or_else(PoisonError::into_inner)) {
                observer.observe(value, &[]);
            }
        })
        .build();
}

fn observe_rows(meter: &Meter, shown: &Arc<Mutex<Shown>>) {
    let shown = Arc::clone(shown);
    meter
        .u64_observable_gauge("mvp_etl_rows")
        .with_description("Rows of the live release by table")
        .with_callback(move |observer| {
            let shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
            for (table, rows) in &shown.rows {
                observer.observe(*rows, &[KeyValue::new("table", table.clone())]);
            }
        })
        .build();
}

fn observe_release(meter: &Meter, shown: &Arc<Mutex<Shown>>) {
    let shown = Arc::clone(shown);
    meter
        .u64_observable_gauge("mvp_vpic_release_info")
        .with_description("Always 1; the labels name the live release")
        .with_callback(move |observer| {
            let shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((id, month)) = &shown.release {
                let labels = [
                    KeyValue::new("release", id.to_string()),
                    KeyValue::new("month", month.clone()),
                ];
                observer.observe(1, &labels);
            }
        })
        .build();
}
