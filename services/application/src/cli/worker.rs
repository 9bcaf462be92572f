//! `worker`: does what was put off, until the process is asked to stop.

use super::{CliError, migrate};
use crate::features::deferred::{self, Claimed, Queue, Undone, Work};
use crate::features::platform_data::PlatformData;
use crate::features::{self, idempotency, vehicles};
use crate::settings::{SERVICE, Settings};
use crate::tenancy::Tenancy;
use cache::RedisStore;
use pg::Db;
use service::health::Health;
use service::server::{self, Process};
use std::sync::Arc;
use std::time::Duration;
use utoipa::openapi::OpenApiBuilder;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const NAME: &str = "application-worker";
const CLEAN_EVERY: Duration = Duration::from_mins(10);

struct Worker {
    db: Db,
    platform: PlatformData,
    tenancy: Tenancy,
}

impl Work for Worker {
    async fn run(&self, claimed: &Claimed) -> Result<(), Undone> {
        features::work(&self.db, &self.platform, &self.tenancy, claimed).await
    }
}

pub(super) async fn run(settings: &Settings) -> Result<(), CliError> {
    let server_settings = settings.worker.as_ref().ok_or(CliError::NoWorker)?;
    let telemetry = service::telemetry::init(NAME, VERSION)?;
    let listener = server::bind(server_settings)?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let redis = RedisStore::new(&settings.redis)?;
    let db = Db::new(&settings.database, NAME)?;
    let platform = PlatformData::new(settings, &redis)?;
    let tenancy = Tenancy::new(settings)?;
    let health = redis.check(db.check(Health::new(NAME, VERSION), SERVICE, migrate::steps()));
    let process = Process {
        health: Arc::new(tenancy.watch(platform.watch(health))),
        telemetry,
        openapi: OpenApiBuilder::new().build(),
    };
    db.observe_connections(NAME);
    let following = tokio::spawn(platform.clone().follow_releases());
    let cleaning = tokio::spawn(clean(db.clone()));
    let queue = Queue::new(db.clone());
    let worker = Worker {
        db,
        platform,
        tenancy,
    };
    let working = tokio::spawn(async move { queue.run(&worker).await });
    let stop = service::shutdown::signal();
    let served = server::run(listener, server_settings, process, |_| {}, stop).await;
    // What is in hand is not done by halves: it is one transaction, and is claimed again when its lease ends.
    for task in [working, following, cleaning] {
        task.abort();
    }
    Ok(served?)
}

/// Forgets what is old; never returns.
async fn clean(db: Db) {
    let mut ticks = tokio::time::interval(CLEAN_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        for forgotten in [
            deferred::forget_done(&db).await,
            idempotency::forget_old(&db).await,
            vehicles::forget_readings(&db).await,
        ] {
            match forgotten {
                Err(error) if !error.is_passing() => tracing::error!(
                    error = service::errors::chain(&error),
                    "what is old cannot be forgotten"
                ),
                _ => {}
            }
        }
    }
}
