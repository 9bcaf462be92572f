//! The vehicles platform: its lists, its decoded VINs, and which release it serves.

use crate::features::platform_data::domain::question::VinQuestion;
use crate::settings::Settings;
use cache::{Cache, Policy, RedisStore};
use contracts::vin;
use service::health::Health;
use std::sync::Arc;
use std::time::Duration;
use upstream::breaker::State;
use upstream::{
    Asking, Edition, NoAnswer, Operation, Question, Reading, Reads, SetupError, Upstream,
};

/// What the process itself keeps of lists, and of VINs.
const LISTS_LOCAL_BYTES: u64 = 16 * 1024 * 1024;
const VINS_LOCAL_BYTES: u64 = 8 * 1024 * 1024;
/// The month and the number of the load that an answer is from.
const RELEASE_HEADER: &str = "x-data-release";
/// Of the question which release is served.
const FOLLOW_PATIENCE: Duration = Duration::from_secs(4);
/// How soon after its time an open breaker gets its probe.
const PROBE_EVERY: Duration = Duration::from_millis(500);
/// Honda's, of no vehicle: enough to see whether VINs are decoded.
const PART_OF_A_VIN: &str = r#"{"vin":"1HG"}"#;
const KEYS: &str = "mvp:platform-vehicles:";

/// The vehicles platform.
#[derive(Clone)]
pub(crate) struct Platform {
    upstream: Upstream,
    operations: [Operation; 2],
    lists: Reads,
    vins: Reads,
    release: Arc<Edition>,
    follow_every: Duration,
}

impl Platform {
    pub(crate) fn new(settings: &Settings, redis: &RedisStore) -> Result<Self, SetupError> {
        let upstream = Upstream::new("platform_vehicles", &settings.platform_vehicles)?;
        let release = Edition::named_by(RELEASE_HEADER);
        let operations = ["lists", "vins"].map(|name| upstream.operation(name));
        let kept = &settings.platform_data;
        let reads = |operation: &Operation, name, fresh_s: u64, local_bytes| {
            let fresh_for = Duration::from_secs(fresh_s);
            let policy = Policy {
                fresh_for,
                keep_for: Duration::from_secs(fresh_s.saturating_add(kept.stale_s)),
                local_bytes,
            };
            let cache = Cache::new(name, Some(redis.clone()), policy);
            Reads::new(operation.clone(), cache, fresh_for, Arc::clone(&release))
        };
        let [of_lists, of_vins] = &operations;
        Ok(Self {
            lists: reads(of_lists, "lists", kept.lists_fresh_s, LISTS_LOCAL_BYTES),
            vins: reads(of_vins, "vins", kept.vins_fresh_s, VINS_LOCAL_BYTES),
            operations,
            upstream,
            release,
            follow_every: Duration::from_secs(kept.follow_s.max(1)),
        })
    }

    /// A list, by its name and parameters.
    pub(crate) async fn list(&self, path: &str, asking: &Asking) -> Result<Reading, NoAnswer> {
        let question = Question::get(format!("/vehicles/{path}"));
        let key = format!("{KEYS}{path}");
        self.lists.read(&key, &question, asking).await
    }

    /// What a VIN says. It goes in the body, so that it stands in no log on its way.
    pub(crate) async fn vehicle(
        &self,
        asked: &VinQuestion,
        asking: &Asking,
    ) -> Result<Reading, NoAnswer> {
        let body = vin::VinQuestion {
            vin: asked.vin.clone(),
            model_year: asked.model_year.and_then(|year| i32::try_from(year).ok()),
        };
        // Strings and numbers only: this cannot fail, and the platform refuses an empty body.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let question = Question::post("/vehicles/vindecode", body);
        let key = format!("{KEYS}vin:{}", asked.key());
        self.vins.read(&key, &question, asking).await
    }

    /// Counts an answer that somebody else gave in its place.
    pub(crate) fn note_fallback(&self, source: &'static str) {
        self.upstream.note_fallback(source);
    }

    pub(crate) fn watch(&self, health: Health) -> Health {
        upstream::watch(health, "platform_vehicles", self.operations.to_vec())
    }

    /// Asks again and again which release the platform serves; never returns. What is kept for days must not outlive a
    /// release by more than this, and a breaker finds its probe even when nobody else asks.
    pub(crate) async fn follow_releases(self) {
        let [lists, vins] = &self.operations;
        let mut known: Option<String> = None;
        let a_vin = Question::post("/vehicles/vindecode", PART_OF_A_VIN);
        loop {
            if lists.state() != State::Open {
                let years = Question::get("/vehicles/years").unless(known.as_deref());
                // What a failure means is for the breaker to say.
                if let Ok(reply) = lists.call(&years, &Asking::alone(FOLLOW_PATIENCE)).await {
                    self.release.hear(&reply);
                    known = reply.header("etag").map(str::to_owned).or(known);
                }
            }
            if vins.state() == State::HalfOpen {
                let _ = vins.call(&a_vin, &Asking::alone(FOLLOW_PATIENCE)).await;
            }
            let is_well = [lists, vins].iter().all(|it| it.state() == State::Closed);
            let pause = if is_well {
                self.follow_every
            } else {
                PROBE_EVERY
            };
            tokio::time::sleep(pause).await;
        }
    }
}
