//! One load: source → raw tables and derivation → catalogue → checks → live, in one transaction.
//!
//! The transaction is what makes a load all or nothing: until it commits no schema, no table and no row of the new
//! release exists for anybody else, and a process that dies takes all of it along. It also lets PostgreSQL write the
//! rows once (no WAL under `wal_level = minimal`, `COPY … FREEZE`).

mod catalogue_rows;
mod decoder_index;
mod reading;
mod session;
mod tables;
mod tracker;

pub(super) use decoder_index::{ensure as ensure_vin_index, of_source as vin_index_of_source};
pub(super) use session::{Session, limit_statements};
pub(crate) use tracker::{ProgressFormat, Step, Tracker};

use super::data::for_schema;
use super::data::registry::{self, LoadResult};
use super::domain::derive::AsOf;
use super::sources::{self, Gauge, OpenSource};
use super::validate::{self, Report, RowCounts};
use super::{Etl, EtlError, SourceAddress, SourceError};
use jiff::civil::Date;
use reading::Reading;
use serde_json::json;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::Client;

/// What to load and how.
#[derive(Debug, Clone)]
pub(crate) struct LoadRequest {
    pub(crate) source: SourceAddress,
    /// The day that "now" is for the derivation; the release's own month by default, so that a load repeats itself.
    pub(crate) as_of: Option<Date>,
    /// For a source that does not say its month.
    pub(crate) today: Date,
    /// Loads content that is loaded already.
    pub(crate) force: bool,
    /// Waits for a load that is running, where the alternative is to fail.
    pub(crate) wait: bool,
    pub(crate) progress: ProgressFormat,
}

/// How a load ended well.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A new release is live.
    Live(Box<LoadedRelease>),
    /// This content was loaded before.
    AlreadyLoaded { id: i32, live: bool },
}

/// A release that has just gone live.
#[derive(Debug)]
pub(crate) struct LoadedRelease {
    pub(crate) id: i32,
    pub(crate) month: super::Month,
    pub(crate) row_counts: RowCounts,
    pub(crate) duration: Duration,
    pub(crate) report: Report,
}

/// Loads a release and makes it live. Whatever goes wrong, and whenever `stop` resolves before the end, the live
/// release stays what it was and nothing of the new one is left.
pub(crate) async fn load(
    etl: &Etl,
    request: &LoadRequest,
    stop: impl Future<Output = ()>,
) -> Result<Outcome, EtlError> {
    let tracker = Tracker::new(request.progress);
    let mut running = Running::default();
    let limit_s = etl.settings.timeout_s;
    let outcome = tokio::select! {
        outcome = run(etl, request, &tracker, &mut running) => outcome,
        () = stop => Err(EtlError::Interrupted),
        () = tokio::time::sleep(Duration::from_secs(limit_s)) => Err(EtlError::TooSlow { limit_s }),
    };
    match outcome {
        Ok(outcome) => {
            // Outside the time limit and the reach of `stop`: what is live is live, whatever becomes of the old ones.
            if let (Outcome::Live(_), Some(session)) = (&outcome, &running.session) {
                session.prune(etl.settings.keep).await;
            }
            Ok(outcome)
        }
        Err(error) => {
            let error = error.during(tracker.step().phrase());
            running.abandon(etl, &error).await;
            Err(error)
        }
    }
}

/// What there is to clean up when a load does not end well.
#[derive(Default)]
struct Running {
    session: Option<Session>,
    release_id: Option<i32>,
}

impl Running {
    async fn abandon(self, etl: &Etl, error: &EtlError) {
        if let Some(session) = self.session
            && let Err(problem) = session.abandon(&etl.database, self.release_id, error).await
        {
            tracing::warn!(
                error = %service::errors::chain(&problem),
                "the registry could not be told of the failure; the next load will clean up"
            );
        }
    }
}

async fn run(
    etl: &Etl,
    request: &LoadRequest,
    tracker: &Tracker,
    running: &mut Running,
) -> Result<Outcome, EtlError> {
    tracker.enter(Step::Connect);
    let opened = Session::open(&etl.database, request.wait).await?;
    let session = running.session.insert(opened);
    session.sweep().await?;
    // Known now, not after everything is loaded.
    registry::require_reader(&session.client, etl.settings.reader_role()).await?;
    tracker.enter(Step::Fetch);
    let gauge = Arc::new(Gauge::default());
    let source = tracker
        .watching(
            &gauge,
            sources::open(&request.source, &etl.settings, &gauge),
        )
        .await?;
    if let Some(known) =
        already_loaded(&session.client, source.checksum.as_deref(), request).await?
    {
        return Ok(known);
    }
    let as_of = request
        .as_of
        .or_else(|| source.month.as_ref().and_then(super::Month::first_day))
        .unwrap_or(request.today);
    let id = registry::begin(
        &session.client,
        &source.name,
        source.checksum.as_deref(),
        source.month.as_ref(),
        as_of,
        &session.name,
    )
    .await?;
    running.release_id = Some(id);
    let job = Job {
        etl,
        request,
        tracker,
        client: &session.client,
        id,
        as_of,
        schema: registry::schema_of(id),
    };
    job.fill_and_switch(source, gauge).await
}

async fn already_loaded(
    client: &Client,
    checksum: Option<&str>,
    request: &LoadRequest,
) -> Result<Option<Outcome>, EtlError> {
    let Some(checksum) = checksum.filter(|_| !request.force) else {
        return Ok(None);
    };
    let known = registry::with_checksum(client, checksum).await?;
    Ok(known.map(|(id, live)| Outcome::AlreadyLoaded { id, live }))
}

/// A load that has its id.
struct Job<'a> {
    etl: &'a Etl,
    request: &'a LoadRequest,
    tracker: &'a Tracker,
    client: &'a Client,
    id: i32,
    as_of: Date,
    schema: String,
}

impl Job<'_> {
    async fn fill_and_switch(
        &self,
        source: OpenSource,
        gauge: Arc<Gauge>,
    ) -> Result<Outcome, EtlError> {
        self.client.batch_execute(BEGIN).await?;
        self.execute("CREATE SCHEMA {release}").await?;
        let month = source.month.clone();
        let year = AsOf(u16::try_from(self.as_of.year()).unwrap_or(0));
        let mut reading = Reading::start(source, year, Arc::clone(&gauge))?;
        let mut row_counts = tables::write(
            self.client,
            &self.schema,
            &mut reading,
            self.tracker,
            &gauge,
        )
        .await?;
        let checksum = reading.checksum.clone().ok_or(EtlError::Stopped)?;
        if reading.checksum_came_late
            && let Some(known) = already_loaded(self.client, Some(&checksum), self.request).await?
        {
            return self.undo(known).await;
        }
        self.index_raw_tables().await?;
        self.tracker.enter(Step::Derive);
        let derived = reading.derived().await?;
        self.tracker.enter(Step::Catalogue);
        self.execute(include_str!("../data/queries/create_catalog.sql"))
            .await?;
        catalogue_rows::write(self.client, &self.schema, &derived.catalog, &mut row_counts).await?;
        decoder_index::write(self.client, &self.schema, &derived.index).await?;
        self.execute(include_str!("../data/queries/index_catalog.sql"))
            .await?;
        let month = match month {
            Some(month) => month,
            None => registry::newest_month(self.client, &self.schema).await?,
        };
        let report = self.check(&month, &row_counts).await?;
        self.switch(&checksum, month, row_counts, report).await
    }

    /// While PostgreSQL builds these indexes, this process derives.
    async fn index_raw_tables(&self) -> Result<(), EtlError> {
        self.tracker.enter(Step::Index);
        self.execute(include_str!("../data/queries/index_raw.sql"))
            .await
    }

    async fn check(&self, month: &super::Month, counts: &RowCounts) -> Result<Report, EtlError> {
        self.tracker.enter(Step::Validate);
        let subject = validate::Subject {
            release: self.id,
            month: month.to_string(),
            schema: &self.schema,
            row_counts: counts,
        };
        let limit = self.etl.settings.shrink_limit_percent;
        let report = validate::run(self.client, &subject, limit).await?;
        if report.passed {
            Ok(report)
        } else {
            Err(EtlError::Invalid(Box::new(report)))
        }
    }

    async fn switch(
        &self,
        checksum: &str,
        month: super::Month,
        row_counts: RowCounts,
        report: Report,
    ) -> Result<Outcome, EtlError> {
        self.tracker.enter(Step::Switch);
        let reader = self.etl.settings.reader_role();
        registry::grant_read(self.client, reader, &self.schema).await?;
        let result = LoadResult {
            checksum,
            month: &month,
            row_counts: json!(row_counts),
            phase_ms: self.tracker.durations_ms(),
            report: json!(report),
        };
        registry::record(self.client, self.id, &result).await?;
        registry::switch_to(self.client, self.id).await?;
        self.client.batch_execute("COMMIT").await?;
        let duration = self.tracker.finish(&format!(
            "Release {month} is live as {} ({} rows)",
            self.schema,
            row_counts.values().sum::<u64>()
        ));
        Ok(Outcome::Live(Box::new(LoadedRelease {
            id: self.id,
            month,
            row_counts,
            duration,
            report,
        })))
    }

    /// The content turned out to be loaded already: nothing of this attempt stays but its row.
    async fn undo(&self, known: Outcome) -> Result<Outcome, EtlError> {
        self.client.batch_execute("ROLLBACK").await?;
        let reason = "its content was loaded before";
        registry::record_failure(self.client, self.id, reason, None).await?;
        Ok(known)
    }

    async fn execute(&self, sql: &str) -> Result<(), EtlError> {
        Ok(self
            .client
            .batch_execute(&for_schema(sql, &self.schema))
            .await?)
    }
}

/// The load takes as long as it takes; it has a limit of its own. Sorting the patterns for their indexes wants memory.
const BEGIN: &str = "BEGIN;
    SET LOCAL statement_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = 0;
    SET LOCAL maintenance_work_mem = '96MB';
    SET LOCAL client_min_messages = warning";

/// A source that lacks what derivation needs.
fn unfit(error: impl std::error::Error + Send + Sync + 'static) -> EtlError {
    SourceError::Unfit(Box::new(error)).into()
}
