//! `etl schedule`: loads the month's release when the cron expression says so, and tries again what failed.

mod backoff;
mod clock;
mod journal;
mod metrics;
mod serve;

#[cfg(test)]
mod tests;

use super::settings::EtlSettings;
use super::{Etl, EtlError, LoadRequest, Outcome, ProgressFormat, SourceAddress, SourceError};
use backoff::Backoff;
use clock::{Clock, SystemClock};
use futures_util::FutureExt;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use journal::{Journal, Record, RunResult};
use metrics::Metrics;
use rand::RngExt;
use service::errors::chain;
use service::telemetry::Telemetry;
use std::future::Future;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the registry is read for what others loaded or rolled back.
const REFRESH: Duration = Duration::from_secs(5);

/// Runs until `stop` resolves and what it has begun is cleaned up.
pub(crate) async fn run(
    etl: &Etl,
    telemetry: Telemetry,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), EtlError> {
    let stop = stop.boxed().shared();
    let metrics = Metrics::register();
    let plan = Plan::new(&etl.settings)?;
    let journal = Journal::new(etl)?;
    let halt = CancellationToken::new();
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
    let serving = async {
        let listen = &etl.settings.listen;
        let served = serve::run(listen, telemetry, journal.clone(), stop.clone()).await;
        halt.cancel();
        served
    };
    let watching = halt.run_until_cancelled(follow_registry(&journal, &metrics));
    let schedule = Schedule {
        plan,
        clock: SystemClock,
        metrics: metrics.clone(),
        journal: journal.clone(),
        halt: halt.clone(),
    };
    let scheduling = async {
        if etl.settings.enabled {
            schedule.run(loader).await;
        } else {
            tracing::info!("the schedule is switched off by etl.enabled");
        }
    };
    // All to their end: a load that is stopped has yet to clean up when the port is closed.
    let (served, _, ()) = tokio::join!(serving, watching, scheduling);
    served
}

/// Shows what the registry says, also of loads and rollbacks that somebody does by hand.
async fn follow_registry(journal: &Journal, metrics: &Metrics) {
    let mut ticks = tokio::time::interval(REFRESH);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match journal.live_release().await {
            Ok(Some(live)) => metrics.remember(&live),
            Ok(None) => {}
            Err(error) => tracing::warn!(error = %chain(&error), "the registry cannot be read"),
        }
    }
}

/// When to load, and what.
struct Plan {
    cron: cronexpr::Crontab,
    timezone: TimeZone,
    source: String,
    backoff: Backoff,
    /// The longest wait before a missed time is made up for; nothing where it is not.
    catch_up: Option<Duration>,
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
            catch_up: settings
                .catch_up
                .then(|| Duration::from_secs(settings.catch_up_delay_s)),
        })
    }

    /// The last time before `now`, where there was one within about a year.
    fn last(&self, now: Timestamp) -> Option<Timestamp> {
        // Back in growing steps to a moment with a time of the schedule between it and now, then forward to the last one.
        let mut back = SignedDuration::from_hours(1);
        while back < SignedDuration::from_hours(400 * 24) {
            let times = std::iter::successors(self.next(now.checked_sub(back).ok()?), |time| {
                self.next(*time)
            });
            if let Some(last) = times.take_while(|time| *time <= now).last() {
                return Some(last);
            }
            back = back.checked_mul(2)?;
        }
        None
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
    /// Wait for the next time of the schedule. How it came out; nothing when it was stopped before that.
    Rest(Option<RunResult>),
    /// Try again after this long.
    Retry(SignedDuration),
}

struct Schedule<C, J> {
    plan: Plan,
    clock: C,
    metrics: Metrics,
    journal: J,
    /// Ends the waiting. A load has its own way to be stopped, and is waited for.
    halt: CancellationToken,
}

impl<C: Clock, J: Record> Schedule<C, J> {
    async fn run<L>(&self, mut load: L)
    where
        L: AsyncFnMut(SourceAddress, Date) -> Result<Outcome, EtlError>,
    {
        self.catch_up(&mut load).await;
        while let Some(due) = self.plan.next(self.clock.now()) {
            tracing::info!(due = %due, "the next load is due");
            if !self.sleep_until(due).await {
                return;
            }
            self.load(&mut load).await;
        }
    }

    /// Loads at once, or nearly, when the last time of the schedule passed while nobody was there.
    async fn catch_up<L>(&self, load: &mut L)
    where
        L: AsyncFnMut(SourceAddress, Date) -> Result<Outcome, EtlError>,
    {
        let now = self.clock.now();
        let (Some(longest), Some(missed)) = (self.plan.catch_up, self.plan.last(now)) else {
            return;
        };
        let share = rand::rng().random_range(0.0..=1.0);
        let wait = SignedDuration::try_from(longest.mul_f64(share)).unwrap_or_default();
        if self.plan.next(now).is_none_or(|next| next < now + wait)
            || !self.sleep_until(now + wait).await
        {
            return;
        }
        match self.journal.looked_since(missed).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::info!(missed = %missed, "the schedule was missed; loading now");
                self.load(load).await;
            }
            Err(error) => {
                tracing::warn!(error = %chain(&error), "it cannot be told whether the schedule was missed");
            }
        }
    }

    /// Loads, as often as it may be tried, and writes down how it came out.
    async fn load<L>(&self, load: &mut L)
    where
        L: AsyncFnMut(SourceAddress, Date) -> Result<Outcome, EtlError>,
    {
        let mut attempt = 1;
        let result = loop {
            match self.attempt(load, attempt).await {
                Next::Rest(result) => break result,
                Next::Retry(after) => {
                    tracing::info!(
                        seconds = after.as_secs(),
                        attempt,
                        "the load is tried again later"
                    );
                    if !self.sleep_until(self.clock.now() + after).await {
                        return;
                    }
                    attempt += 1;
                }
            }
        };
        let Some(result) = result else { return };
        if let Err(error) = self.journal.record(result).await {
            tracing::warn!(error = %chain(&error), "how the scheduled load ended was not recorded");
        }
    }

    /// Whether that time came before the end of the process.
    async fn sleep_until(&self, due: Timestamp) -> bool {
        self.halt
            .run_until_cancelled(self.clock.sleep_until(due))
            .await
            .is_some()
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
                Next::Rest(Some(RunResult::Loaded))
            }
            Ok(Outcome::AlreadyLoaded { id, .. }) => {
                tracing::info!(release = id, "nothing new");
                self.metrics.nothing_new(self.clock.now());
                Next::Rest(Some(RunResult::NothingNew))
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
        if matches!(error.cause(), EtlError::Interrupted) {
            tracing::info!(reason = %chain(error), "the load was stopped");
            return Next::Rest(None);
        }
        tracing::error!(error = %chain(error), attempt, "the load failed");
        self.metrics.failed();
        if passes(error) {
            self.plan.backoff.failed(attempt)
        } else {
            Next::Rest(Some(RunResult::Failed))
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
        EtlError::Invalid(_) | EtlError::Derivation(_) | EtlError::Settings(_) => false,
        _ => true,
    }
}
