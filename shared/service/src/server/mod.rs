//! An actix-web server as every HTTP service here runs it.

mod admission;
pub mod body;
pub mod deadline;
pub mod document;
mod observe;
mod overrides;
pub mod page;
pub mod patch;
mod standard_routes;
pub mod validators;

pub use observe::RequestId;

use crate::health::Health;
use crate::telemetry::{Metrics, Telemetry};
use actix_web::{App, HttpServer, web};
use serde::Deserialize;
use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use utoipa::openapi::OpenApi;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

/// Where a service listens and how much it takes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSettings {
    /// The address to listen on.
    pub host: String,
    /// The port; 0 takes a free one.
    pub port: u16,
    /// Threads that answer requests; by default one a processor.
    #[serde(default)]
    pub workers: Option<usize>,
    /// Requests in work at once; whoever comes when there are so many is turned away. 256 by default.
    #[serde(default)]
    pub max_requests: Option<usize>,
}

/// How long running requests may take to finish once the process stops. The orchestrator kills after 30 s.
const DRAIN_S: u64 = 20;
/// For how long a stopping process still takes requests, unready already.
const LAST_CALL: Duration = Duration::from_millis(500);

/// What the server needs to know of its process.
pub struct Process {
    /// The process's health, for `/health*`.
    pub health: Arc<Health>,
    /// The process's metrics, for `/metrics`.
    pub telemetry: Telemetry,
    /// The API document, for `/openapi.json` and `/docs`.
    pub openapi: OpenApi,
}

/// Takes the port.
pub fn bind(settings: &ServerSettings) -> io::Result<TcpListener> {
    TcpListener::bind((settings.host.as_str(), settings.port))
}

/// The document of some routes, under a title.
pub fn openapi(base: OpenApi, routes: impl FnOnce(&mut ServiceConfig<'_>)) -> OpenApi {
    App::new()
        .into_utoipa_app()
        .openapi(base)
        .configure(routes)
        .split_for_parts()
        .1
}

/// Serves until `stop` resolves, then finishes what runs. Handlers can take `Data<Health>`.
pub async fn run<R>(
    listener: TcpListener,
    settings: &ServerSettings,
    process: Process,
    routes: R,
    stop: impl Future<Output = ()>,
) -> io::Result<()>
where
    R: Fn(&mut ServiceConfig<'_>) + Clone + Send + 'static,
{
    let state = web::Data::new(standard_routes::State::new(&process));
    let health = Arc::clone(&process.health);
    let of_handlers = web::Data::from(Arc::clone(&health));
    let observer = observe::Observer::new();
    let admission = admission::Admission::new(settings.max_requests);
    let server = HttpServer::new(move || {
        let routes = routes.clone();
        App::new()
            .app_data(state.clone())
            .configure(overrides::install)
            .wrap(actix_web::middleware::from_fn(observe::observe))
            .wrap(actix_web::middleware::from_fn(admission::admit))
            .app_data(observer.clone())
            .app_data(observe::Routes::default())
            .app_data(admission.clone())
            .app_data(of_handlers.clone())
            .configure(standard_routes::install)
            .into_utoipa_app()
            .configure(routes)
            .into_app()
            .default_service(web::to(overrides::not_found))
    })
    .keep_alive(Duration::from_secs(75))
    .client_request_timeout(Duration::from_secs(10))
    .shutdown_timeout(DRAIN_S)
    .disable_signals()
    .workers(settings.workers.unwrap_or_else(processors))
    .listen(listener)?
    .run();
    let handle = server.handle();
    let serving = tokio::spawn(server);
    stop.await;
    tracing::info!("stopping: finishing the requests that run");
    health.drain();
    // Whoever sends requests here gets to see that it should not any more.
    tokio::time::sleep(LAST_CALL).await;
    handle.stop(true).await;
    serving.await.map_err(io::Error::other)??;
    process.telemetry.shutdown();
    Ok(())
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

impl standard_routes::State {
    fn new(process: &Process) -> Self {
        let metrics: Metrics = process.telemetry.metrics.clone();
        Self {
            health: Arc::clone(&process.health),
            metrics,
            openapi: process.openapi.clone(),
        }
    }
}
