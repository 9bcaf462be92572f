//! `etl schedule`: loads the month's release when the cron expression says so, and tries again what failed.

mod backoff;
mod clock;
mod metrics;
mod serve;

#[cfg(test)]
mod tests;

use super::data::registry;
use super::settings::EtlSettings;
use super::{Etl, EtlError, LoadRequest, Outcome, ProgressFormat, SourceAddress, SourceError};
use backoff::Backoff;
use clock::{Clock, SystemClock};
use futures_util::FutureExt;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use metrics::Metrics;
use service::errors::chain;
use service::telemetry::Telemetry;
use std::future::Future;

/// Runs until `stop` resolves.
pub(crate) async fn run(
    etl: &Etl,
    telemetry: Telemetry,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), EtlError> {
    let stop = stop.boxed().shared();
    let metrics = Metrics::register();
    let plan = Plan::new(&etl.settings)?;
    remember_last_success(etl, &metrics).await;
    let loader = async |source: SourceAddress, today: Date| {
        let request = LoadRequest {
            source,
            as_of: None,
            today,
            force: false,
            wait: false,
            progress: ProgressFormat::None,
        };
        super::load(etl, &request, stop.clone()).await
    };
    let schedule = Schedule {
        plan,
        clock: SystemClock,
        metrics: metrics.clone(),
    };
    let serving = serve::run(&etl.settings.listen, telemetry, stop.clone());
    if !etl.settings.enabled {
        tracing::info!("the schedule is switched off by etl.enabled");
        return serving.await;
    }
    tokio::select! {
        served = serving => served,
        () = schedule.run(loader) => Ok(()),
    }
}

/// After a restart the age of the release must not look like zero or like for ever.
async fn remember_last_success(etl: &Etl, metrics: &Metrics) {
    let read = async {
        let client = pg::connect(&etl.database, "mvp-etl-schedule").await?;
        registry::list(&client).await
    };
    match read.await {
        Ok(releases) => {
            if let Some(live) = releases.iter().find(|release| release.state == "live") {
                metrics.remember(live);
            }
        }
        Err(error) => tracing::warn!(error = %chain(&error), "the registry cannot be read"),
    }
}

/// When to load, and what.
struct Plan {
    cron: cronexpr::Crontab,
    timezone: TimeZone,
    source: String,
    backoff: Backoff,
}

impl Plan {
    fn new(settings: &EtlSettings) -> Result<Self, EtlError> {
        let wrong = |error: &dyn std::fmt::Display| EtlError::Settings(error.to_string());
        let expression = format!("{} {}", settings.schedule, settings.timezone);
        Ok(Self {
            cron: cronexpr::parse_crontab(&expression).map_err(|error| wrong(&error))?,
            timezone: TimeZone::get(&settings.timezone).map_err(|error| wrong(&error))?,
            source: settings.source.clone(),
            backoff: Backoff::new(&settings.retry),
        })
    }

    /// The next time after `now`; a cron expression that never comes (30 February) is refused when it is read.
    fn next(&self, now: Timestamp) -> Option<Timestamp> {
        self.cron.find_next(now).ok().map(|zoned| zoned.timestamp())
    }

    fn source_on(&self, day: Date) -> Result<SourceAddress, SourceError> {
        let text = self
            .source
            .replace("{year}", &day.year().to_string())
            .replace("{month:02}", &format!("{:02}", day.month()))
            .replace("{month}", &day.month().to_string());
        SourceAddress::parse(&text)
    }

    fn day(&self, now: Timestamp) -> Date {
        now.to_zoned(self.timezone.clone()).date()
    }
}

/// What to do after an attempt.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// Wait for the next time of the schedule.
    Rest,
    /// Try again after this long.
    Retry(SignedDuration),
}

struct Schedule<C> {
    plan: Plan,
    clock: C,
    metrics: Metrics,
}

impl<C: Clock> Schedule<C> {
    async fn run<L>(&self, mut load: L)
    where
        L: AsyncFnMut(SourceAddress, Date) -> Result<Outcome, EtlError>,
    {
        while let Some(due) = self.plan.next(self.clock.now()) {
            tracing::info!(due = %due, "the next load is due");
            self.clock.sleep_until(due).await;
            let mut attempt = 1;
            while let Next::Retry(after) = self.attempt(&mut load, attempt).await {
                tracing::info!(
                    seconds = after.as_secs(),
                    attempt,
                    "the load is tried again later"
                );
                self.clock.sleep_until(self.clock.now() + after).await;
                attempt += 1;
            }
        }
    }

    async fn attempt<L>(&self, load: &mut L, attempt: u32) -> Next
    where
        L: AsyncFnMut(SourceAddress, Date) -> Result<Outcome, EtlError>,
    {
        let day = self.plan.day(self.clock.now());
        let loaded = match self.plan.source_on(day) {
            Ok(source) => load(source, day).await,
            Err(error) => Err(error.into()),
        };
        match loaded {
            Ok(Outcome::Live(release)) => {
                tracing::info!(release = release.id, month = %release.month, "a new release is live");
                self.metrics.loaded(&release, self.clock.now());
                Next::Rest
            }
            Ok(Outcome::AlreadyLoaded { id, .. }) => {
                tracing::info!(release = id, "nothing new");
                self.metrics.nothing_new(self.clock.now());
                Next::Rest
            }
            Err(error) => self.after(&error, attempt),
        }
    }

    fn after(&self, error: &EtlError, attempt: u32) -> Next {
        if matches!(
            error.cause(),
            EtlError::Source(SourceError::NotPublished(_))
        ) {
            tracing::info!(reason = %chain(error), "nothing new");
            self.metrics.not_published();
            return self.plan.backoff.not_published(attempt);
        }
        tracing::error!(error = %chain(error), attempt, "the load failed");
        self.metrics.failed();
        if passes(error) {
            self.plan.backoff.failed(attempt)
        } else {
            Next::Rest
        }
    }
}

/// Whether the same load may go well later. A release that is unfit stays so until another is published.
fn passes(error: &EtlError) -> bool {
    match error.cause() {
        EtlError::Source(source) => !matches!(
            source,
            SourceError::Unfit(_) | SourceError::MssqlAddress(_) | SourceError::ColumnType { .. }
        ),
        EtlError::Invalid(_)
        | EtlError::Derivation(_)
        | EtlError::Settings(_)
        | EtlError::Interrupted => false,
        _ => true,
    }
}
