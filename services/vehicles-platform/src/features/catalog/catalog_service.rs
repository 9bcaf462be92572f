//! The catalogue as the process holds it: the live release, the cache in front of it, and the warming of both.

use super::data::{self, search_entries::search_index};
use super::domain::question::{Picked, Question, Side};
use super::domain::search::SearchIndex;
use super::domain::vehicle_types::VehicleTypes;
use super::error::CatalogError;
use crate::features::etl::{self, LiveRelease, ReleaseWatch};
use cache::{Answer, Cache, Policy, RedisStore};
use contracts::List;
use contracts::vehicles::{Make, Year};
use opentelemetry::KeyValue;
use opentelemetry::metrics::Gauge;
use pg::Db;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Within a release an answer never changes; a week bounds what a long-lived release leaves in Redis.
const POLICY: Policy = Policy {
    fresh_for: Duration::from_hours(6 * 24),
    keep_for: Duration::from_hours(7 * 24),
    local_bytes: 32 * 1024 * 1024,
};
/// The shape of the answers: raised with every change of their JSON, so that no process serves an older one's.
const SHAPE: &str = "v1";
/// How many of the latest years have the models of all their makes warmed.
const WARM_MODEL_YEARS: usize = 3;

/// The catalogue.
#[derive(Clone)]
pub(crate) struct Catalog {
    db: Db,
    cache: Cache,
    watch: Arc<ReleaseWatch<SearchIndex>>,
    info: ReleaseInfo,
}

/// The release that is served, and its search index.
pub(crate) type Served = etl::Served<SearchIndex>;

impl Catalog {
    /// A catalogue that knows no release yet; [`Catalog::follow_releases`] finds it.
    pub(crate) fn new(db: Db, redis: Option<RedisStore>) -> Self {
        let cache = Cache::new("catalog", redis, POLICY);
        let watch = Arc::new(ReleaseWatch::new(db.clone(), "the catalogue"));
        let info = ReleaseInfo::new();
        Self {
            db,
            cache,
            watch,
            info,
        }
    }

    /// Follows the live release and warms the cache after each switch. Never returns.
    pub(crate) async fn follow_releases(&self) {
        self.watch
            .follow(search_index, |served| self.begin_serving(served))
            .await;
    }

    /// Warming is a courtesy: what fails here is asked again by whoever needs it.
    fn begin_serving(&self, served: Arc<Served>) {
        self.info.show(&served.live);
        let this = self.clone();
        tokio::spawn(async move {
            if let Err(error) = this.warm(&served).await {
                tracing::warn!(%error, "the cache was not warmed");
            }
        });
    }

    /// The release to answer a request from. Without one the registry is asked once more, so that the error says why.
    pub(crate) async fn release(&self) -> Result<Arc<Served>, CatalogError> {
        if let Some(served) = self.watch.current() {
            return Ok(served);
        }
        match self.watch.look(search_index).await {
            Ok(Some(served)) => {
                self.begin_serving(Arc::clone(&served));
                Ok(served)
            }
            Ok(None) => self.watch.current().ok_or(CatalogError::NoRelease),
            Err(error) => {
                tracing::warn!(
                    error = service::errors::chain(&error),
                    "no release to serve"
                );
                Err(CatalogError::NotReady)
            }
        }
    }

    /// The release's month, for `/health`.
    pub(crate) fn release_month(&self) -> Option<String> {
        self.watch.current().map(|served| served.live.month.clone())
    }

    /// The answer, and the release it is from.
    ///
    /// A release that was pruned while the request was on its way has gone for good; the live one answers then.
    pub(crate) async fn answer(
        &self,
        question: Question,
        picked: Picked,
    ) -> Result<(Arc<Answer>, Arc<Served>), Arc<CatalogError>> {
        let served = self.release().await?;
        match self.narrowed_from(&served, question, picked).await {
            Err(error) if error.is_release_gone() => {
                if let Some(served) = self.watch.look(search_index).await? {
                    self.begin_serving(served);
                }
                let served = self.release().await?;
                let answer = self.narrowed_from(&served, question, picked).await?;
                Ok((answer, served))
            }
            outcome => Ok((outcome?, served)),
        }
    }

    /// What is kept is never narrowed; a pick narrows the kept configurations of the model-year.
    async fn narrowed_from(
        &self,
        served: &Arc<Served>,
        question: Question,
        picked: Picked,
    ) -> Result<Arc<Answer>, Arc<CatalogError>> {
        match question {
            Question::Of { side, model } if picked != Picked::default() => {
                let all = Question::Of {
                    side: Side::Configurations,
                    model,
                };
                let all = self.answer_from(served, all).await?;
                let body = data::narrowed(&all.body, side, picked).map_err(Arc::new)?;
                Ok(Arc::new(Answer::fresh(body)))
            }
            question => self.answer_from(served, question).await,
        }
    }

    async fn answer_from(
        &self,
        served: &Arc<Served>,
        question: Question,
    ) -> Result<Arc<Answer>, Arc<CatalogError>> {
        let key = format!(
            "mvp-platform:vehicles:{}:{SHAPE}:{}",
            served.live.label,
            question.key()
        );
        let (db, served) = (self.db.clone(), Arc::clone(served));
        self.cache
            .get_or_load(&key, move || async move {
                data::answer(&db, &served.live, question).await
            })
            .await
    }

    /// Asks what most people ask first: the years, the makes of each, the models of the latest.
    async fn warm(&self, served: &Arc<Served>) -> Result<(), Arc<CatalogError>> {
        let types = VehicleTypes::default();
        let years = self.answer_from(served, Question::Years { types }).await?;
        let years: List<Year> = read(&years)?;
        for (nth, year) in years.data.iter().enumerate() {
            let year = i16::try_from(year.id).unwrap_or(i16::MAX);
            let makes = self
                .answer_from(served, Question::Makes { year, types })
                .await?;
            if nth >= WARM_MODEL_YEARS {
                continue;
            }
            let makes: List<Make> = read(&makes)?;
            for make in makes.data {
                let question = Question::Models {
                    year,
                    make_id: make.id,
                    types,
                };
                self.answer_from(served, question).await?;
            }
        }
        Ok(())
    }
}

fn read<T: serde::de::DeserializeOwned>(answer: &Answer) -> Result<List<T>, Arc<CatalogError>> {
    serde_json::from_slice(&answer.body).map_err(|error| Arc::new(error.into()))
}

/// The metric that names the release that is served.
#[derive(Clone)]
struct ReleaseInfo {
    gauge: Gauge<u64>,
    shown: Arc<Mutex<Option<LiveRelease>>>,
}

impl ReleaseInfo {
    fn new() -> Self {
        let gauge = opentelemetry::global::meter("vehicles-platform")
            .u64_gauge("mvp_vpic_release_info")
            .with_description("1 for the release that is served")
            .build();
        Self {
            gauge,
            shown: Arc::default(),
        }
    }

    fn show(&self, live: &LiveRelease) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = shown.replace(live.clone()) {
            self.gauge.record(0, &labels(&before));
        }
        self.gauge.record(1, &labels(live));
    }
}

fn labels(live: &LiveRelease) -> [KeyValue; 2] {
    [
        KeyValue::new("release", i64::from(live.id)),
        KeyValue::new("month", live.month.clone()),
    ]
}
