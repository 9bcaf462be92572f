//! `serve`: everything over HTTP, until the process is asked to stop.

use super::{CliError, migrate};
use crate::document;
use crate::features::platform_data::PlatformData;
use crate::settings::{SERVICE, Settings};
use crate::tenancy::Tenancy;
use access::{SignIn, TokenVerifier};
use actix_web::web::Data;
use cache::RedisStore;
use pg::Db;
use service::health::Health;
use service::server::{self, Process};
use std::sync::Arc;
use utoipa_actix_web::service_config::ServiceConfig;

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) async fn run(settings: &Settings) -> Result<(), CliError> {
    let sign_in = sign_in(settings)?;
    let telemetry = service::telemetry::init(SERVICE, VERSION)?;
    let listener = server::bind(&settings.server)?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let redis = RedisStore::new(&settings.redis)?;
    let db = Db::new(&settings.database, SERVICE)?;
    let platform_data = PlatformData::new(settings, &redis)?;
    let tenancy = Tenancy::new(settings)?;
    let health = redis.check(db.check(Health::new(SERVICE, VERSION), SERVICE, migrate::steps()));
    let health = tenancy.watch(platform_data.watch(health));
    db.observe_connections(SERVICE);
    let following = tokio::spawn(platform_data.clone().follow_releases());
    let process = Process {
        health: Arc::new(health),
        telemetry,
        openapi: document::document(),
    };
    let data = (
        Data::new(platform_data),
        Data::new(sign_in),
        Data::new(tenancy),
        Data::new(db),
    );
    let routes = move |config: &mut ServiceConfig<'_>| {
        let (platform_data, sign_in, tenancy, db) = data.clone();
        config
            .app_data(platform_data)
            .app_data(sign_in)
            .app_data(tenancy)
            .app_data(db)
            .service(utoipa_actix_web::scope(document::SCOPE).configure(document::routes));
    };
    let stop = service::shutdown::signal();
    let served = server::run(listener, &settings.server, process, routes, stop).await;
    following.abort();
    Ok(served?)
}

fn sign_in(settings: &Settings) -> Result<SignIn, CliError> {
    if let Some(tokens) = &settings.tokens {
        tokens
            .validate()
            .map_err(|(name, rule)| CliError::Tokens(name, rule))?;
    }
    let verifier = settings.tokens.as_ref().map(TokenVerifier::new);
    Ok(SignIn { verifier })
}
