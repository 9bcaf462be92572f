//! NHTSA's public vPIC API, for when the platform is away. It is slow and everybody's: asked little, and kept for a day.

use cache::{Cache, Policy, RedisStore};
use service::health::Health;
use std::time::Duration;
use upstream::{
    Asking, Edition, NoAnswer, Operation, Question, Reading, Reads, SetupError, Upstream,
    UpstreamSettings,
};

const KEPT: Duration = Duration::from_hours(24);
const LOCAL_BYTES: u64 = 4 * 1024 * 1024;

/// The API.
#[derive(Clone)]
pub(crate) struct Nhtsa {
    operation: Operation,
    reads: Reads,
}

impl Nhtsa {
    pub(crate) fn new(settings: &UpstreamSettings, redis: &RedisStore) -> Result<Self, SetupError> {
        let operation = Upstream::new("nhtsa", settings)?.operation("all");
        let policy = Policy {
            fresh_for: KEPT,
            keep_for: KEPT,
            local_bytes: LOCAL_BYTES,
        };
        let cache = Cache::new("nhtsa", Some(redis.clone()), policy);
        // It names no edition.
        let reads = Reads::new(operation.clone(), cache, KEPT, Edition::named_by(""));
        Ok(Self { operation, reads })
    }

    /// What stands at a path, kept under a key that does not show a VIN.
    pub(crate) async fn get(
        &self,
        path: String,
        key: &str,
        asking: &Asking,
    ) -> Result<Reading, NoAnswer> {
        let key = format!("mvp:nhtsa:{key}");
        self.reads.read(&key, &Question::get(path), asking).await
    }

    pub(crate) fn watch(&self, health: Health) -> Health {
        upstream::watch(health, "nhtsa", vec![self.operation.clone()])
    }
}
