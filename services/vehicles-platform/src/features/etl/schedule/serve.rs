//! The port of the schedule: `/health*` and `/metrics`.

use super::super::EtlError;
use super::super::settings::ListenSettings;
use super::journal::Journal;
use service::health::{Health, Need};
use service::server::{Process, ServerSettings, bind, run as run_server};
use service::telemetry::Telemetry;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(info(
    title = "vPIC schedule",
    description = "Health and metrics of the scheduled ETL."
))]
struct Api;

pub(super) async fn run(
    listen: &ListenSettings,
    telemetry: Telemetry,
    journal: Journal,
    stop: impl Future<Output = ()>,
) -> Result<(), EtlError> {
    let settings = ServerSettings {
        host: listen.host.clone(),
        port: listen.port,
        max_requests: None,
        workers: Some(1),
    };
    let refused = |error: std::io::Error| EtlError::Settings(format!("etl.listen: {error}"));
    let listener = bind(&settings).map_err(refused)?;
    let process = Process {
        health: Arc::new(health(journal)),
        telemetry,
        openapi: Api::openapi(),
    };
    run_server(listener, &settings, process, |_| {}, stop)
        .await
        .map_err(refused)
}

/// Without its database it can load nothing.
fn health(journal: Journal) -> Health {
    Health::new("vehicles-platform-etl", env!("CARGO_PKG_VERSION")).check(
        "postgres",
        Need::Required,
        move || {
            let journal = journal.clone();
            async move {
                journal.ping().await.map_err(|error| error.to_string())?;
                Ok(BTreeMap::new())
            }
        },
    )
}
