//! Following the live release: a running process serves a new one within seconds.

use super::queries;
use crate::features::catalog::CatalogError;
use crate::features::catalog::domain::search::{ModelEntry, SearchIndex, YearMasks};
use crate::features::etl::{self, LiveRelease};
use arc_swap::ArcSwapOption;
use contracts::vehicles::Make;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Gauge;
use pg::Db;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio_postgres::Row;

/// How often the registry is asked; one look-up by index.
const INTERVAL: Duration = Duration::from_secs(2);

/// The release that is served, with what is kept of it in memory.
pub(crate) struct Served {
    pub(crate) live: LiveRelease,
    pub(crate) search: SearchIndex,
}

/// Knows the release that is served.
pub(crate) struct ReleaseWatch {
    db: Db,
    served: ArcSwapOption<Served>,
    looking: Mutex<()>,
    info: Gauge<u64>,
}

impl ReleaseWatch {
    pub(crate) fn new(db: Db) -> Self {
        let info = opentelemetry::global::meter("vehicles-platform")
            .u64_gauge("mvp_vpic_release_info")
            .with_description("1 for the release that is served")
            .build();
        Self {
            db,
            served: ArcSwapOption::empty(),
            looking: Mutex::default(),
            info,
        }
    }

    /// The release to answer a request from, once for the whole request.
    pub(crate) fn current(&self) -> Option<Arc<Served>> {
        self.served.load_full()
    }

    /// Looks once. Gives the release when it is another than before.
    ///
    /// One at a time: many requests of a process that has just started must not each build the search index, and a slow
    /// look must not put an older release over a newer one.
    pub(crate) async fn look(&self) -> Result<Option<Arc<Served>>, CatalogError> {
        let _looking = self.looking.lock().await;
        let live = self.db.query_opt(etl::LIVE_RELEASE, &[]).await?;
        let live = live.map(|row| LiveRelease::new(row.get("id"), row.get("month")));
        let before = self.current();
        if live.as_ref() == before.as_ref().map(|served| &served.live) {
            return Ok(None);
        }
        let Some(live) = live else { return Ok(None) };
        let search = SearchIndex::build(self.search_entries(&live).await?);
        tracing::info!(
            release = live.id,
            month = live.month,
            "serving another release"
        );
        if let Some(before) = before {
            self.info.record(0, &labels(&before.live));
        }
        self.info.record(1, &labels(&live));
        let served = Arc::new(Served { live, search });
        self.served.store(Some(Arc::clone(&served)));
        Ok(Some(served))
    }

    /// Looks for ever; `changed` is told of each release.
    pub(crate) async fn follow(&self, mut changed: impl FnMut(Arc<Served>)) {
        let mut ticks = tokio::time::interval(INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match self.look().await {
                Ok(Some(served)) => changed(served),
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(
                        error = service::errors::chain(&error),
                        "the live release cannot be looked up"
                    );
                }
            }
        }
    }

    async fn search_entries(&self, live: &LiveRelease) -> Result<Vec<ModelEntry>, CatalogError> {
        let sql = queries::of_release(queries::SEARCH_MODELS, &live.schema);
        let rows = self
            .db
            .clone()
            .with_query_timeout(Duration::from_secs(20))
            .query(&sql, &[])
            .await?;
        let years = |row: &Row, column| row.get::<_, i64>(column).cast_unsigned();
        let entry = |row: &Row| ModelEntry {
            id: row.get("id"),
            name: row.get("name"),
            make: Make {
                id: row.get("make_id"),
                name: row.get("make_name"),
            },
            years: YearMasks {
                car: years(row, "car_years"),
                mpv: years(row, "mpv_years"),
                truck: years(row, "truck_years"),
                motorcycle: years(row, "motorcycle_years"),
            },
        };
        Ok(rows.iter().map(entry).collect())
    }
}

fn labels(live: &LiveRelease) -> [KeyValue; 2] {
    [
        KeyValue::new("release", i64::from(live.id)),
        KeyValue::new("month", live.month.clone()),
    ]
}
