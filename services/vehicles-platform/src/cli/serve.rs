//! `serve`: the catalogue over HTTP, until the process is asked to stop.

use super::CliError;
use crate::document;
use crate::features::catalog::{self, Catalog};
use crate::features::etl;
use crate::features::vin::{self, Decoding};
use crate::settings::{SERVICE, Settings};
use access::{KeyFile, RequireApiKey, WatchedKeyRing};
use actix_web::middleware::from_fn;
use actix_web::web;
use cache::RedisStore;
use pg::Db;
use service::health::{Health, Need};
use service::server::{self, Process, deadline};
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
    let decoding = Decoding::new(db.clone());
    let following = follow_releases(&catalog, &decoding);
    let process = Process {
        health: Arc::new(health(&db, &redis, &catalog, &decoding)),
        telemetry,
        openapi: document::document(),
    };
    db.observe_connections(SERVICE);
    let (catalog, decoding) = (web::Data::new(catalog), web::Data::new(decoding));
    let routes = move |config: &mut ServiceConfig<'_>| {
        let scope = utoipa_actix_web::scope(document::SCOPE)
            .wrap(from_fn(deadline::keep))
            .wrap(RequireApiKey::new(keys.clone()))
            .configure(catalog::routes)
            .configure(vin::routes);
        config
            .app_data(catalog.clone())
            .app_data(decoding.clone())
            .service(scope);
    };
    let served = server::run(listener, &settings.server, process, routes, stop).await;
    following.abort();
    Ok(served?)
}

/// Each capsule follows the live release on its own: the search of the catalogue does not wait for the decoder's index.
fn follow_releases(catalog: &Catalog, decoding: &Decoding) -> tokio::task::JoinHandle<()> {
    let (catalog, decoding) = (catalog.clone(), decoding.clone());
    tokio::spawn(async move {
        tokio::join!(catalog.follow_releases(), decoding.follow_releases());
    })
}

fn health(db: &Db, redis: &RedisStore, catalog: &Catalog, decoding: &Decoding) -> Health {
    let (catalog, decoding) = (catalog.clone(), decoding.clone());
    let health = Health::new(SERVICE, VERSION);
    let steps = vec![(etl::CAPSULE, etl::migrations().len())];
    let health = redis.check(db.check(health, SERVICE, steps));
    health
        .check("vin_index", Need::Optional, move || {
            let decoding = decoding.clone();
            async move {
                let month = decoding.release_month().ok_or("no index has been loaded")?;
                Ok(BTreeMap::from([("month", month)]))
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
