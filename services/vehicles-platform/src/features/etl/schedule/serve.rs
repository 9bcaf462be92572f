//! The port of the schedule: `/health*` and `/metrics`.

use super::super::EtlError;
use super::super::settings::ListenSettings;
use service::health::Health;
use service::server::{Process, ServerSettings, bind, run as run_server};
use service::telemetry::Telemetry;
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
    stop: impl Future<Output = ()>,
) -> Result<(), EtlError> {
    let settings = ServerSettings {
        host: listen.host.clone(),
        port: listen.port,
        workers: Some(1),
    };
    let refused = |error: std::io::Error| EtlError::Settings(format!("etl.listen: {error}"));
    let listener = bind(&settings).map_err(refused)?;
    let process = Process {
        health: Arc::new(Health::new(
            "vehicles-platform-etl",
            env!("CARGO_PKG_VERSION"),
        )),
        telemetry,
        openapi: Api::openapi(),
    };
    run_server(listener, &settings, process, |_| {}, stop)
        .await
        .map_err(refused)
}
