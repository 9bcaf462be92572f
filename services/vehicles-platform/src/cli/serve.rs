//! `serve`: the catalogue over HTTP, until the process is asked to stop.

use super::CliError;
use crate::features::catalog::{self, Catalog};
use crate::features::etl;
use crate::settings::{SERVICE, Settings};
use access::{KeyFile, RequireApiKey, WatchedKeyRing};
use actix_web::web;
use cache::RedisStore;
use opentelemetry::KeyValue;
use pg::Db;
use service::health::{Health, Need};
use service::server::{self, Process};
use std::collections::BTreeMap;
use std::future::Future;
use std::net::TcpListener;
use std::sync::Arc;
use utoipa_actix_web::service_config::ServiceConfig;

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) async fn run(settings: &Settings) -> Result<(), CliError> {
    if settings.api_keys.files.0.is_empty() {
        return Err(CliError::NoApiKeys);
    }
    let telemetry = service::telemetry::init(SERVICE, VERSION)?;
    let listener = server::bind(&settings.server)?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    serve(settings, listener, telemetry, service::shutdown::signal()).await
}

/// Serves on a port that is taken already.
pub(crate) async fn serve(
    settings: &Settings,
    listener: TcpListener,
    telemetry: service::telemetry::Telemetry,
    stop: impl Future<Output = ()>,
) -> Result<(), CliError> {
    let files = settings.api_keys.files.0.iter().map(KeyFile::new).collect();
    let keys = WatchedKeyRing::watch(files, settings.api_keys.strict)?;
    let db = Db::new(&settings.database, SERVICE)?;
    let redis = RedisStore::new(&settings.redis)?;
    let catalog = Catalog::new(db.clone(), Some(redis.clone()));
    let follower = catalog.clone();
    let following = tokio::spawn(async move { follower.follow_releases().await });
    let process = Process {
        health: Arc::new(health(&db, redis, &catalog)),
        telemetry,
        openapi: catalog::document(),
    };
    count_connections(db);
    let data = web::Data::new(catalog);
    let routes = move |config: &mut ServiceConfig<'_>| {
        let scope = utoipa_actix_web::scope(catalog::SCOPE)
            .wrap(RequireApiKey::new(keys.clone()))
            .configure(catalog::routes);
        config.app_data(data.clone()).service(scope);
    };
    let served = server::run(listener, &settings.server, process, routes, stop).await;
    following.abort();
    Ok(served?)
}

fn health(db: &Db, redis: RedisStore, catalog: &Catalog) -> Health {
    let (db, migrated, catalog) = (db.clone(), db.clone(), catalog.clone());
    Health::new(SERVICE, VERSION)
        .check("postgres", Need::Required, move || {
            let db = db.clone();
            async move {
                db.ping().await.map_err(|error| error.to_string())?;
                Ok(BTreeMap::new())
            }
        })
        .check("migrations", Need::Required, move || {
            let db = migrated.clone();
            async move {
                match etl::is_migrated(&db).await {
                    Ok(true) => Ok(BTreeMap::new()),
                    Ok(false) => {
                        Err("migrations are pending; run `vehicles-platform migrate`".to_owned())
                    }
                    Err(error) => Err(error.to_string()),
                }
            }
        })
        .check("redis", Need::Optional, move || {
            let redis = redis.clone();
            async move {
                redis.ping().await.map_err(|error| error.to_string())?;
                Ok(BTreeMap::new())
            }
        })
        .check("vpic_release", Need::Required, move || {
            let catalog = catalog.clone();
            async move {
                let month = catalog
                    .release_month()
                    .ok_or("no release has been loaded")?;
                Ok(BTreeMap::from([("month", month)]))
            }
        })
}

/// Shows the pool's connections as a metric, read when somebody looks.
fn count_connections(db: Db) {
    opentelemetry::global::meter(SERVICE)
        .u64_observable_gauge("db_client_connection_count")
        .with_description("Connections to PostgreSQL, in use and idle")
        .with_callback(move |gauge| {
            let (used, open) = db.connections();
            let idle = open.saturating_sub(used);
            for (state, count) in [("used", used), ("idle", idle)] {
                let count = u64::try_from(count).unwrap_or(u64::MAX);
                gauge.observe(count, &[KeyValue::new("state", state)]);
            }
        })
        .build();
}
