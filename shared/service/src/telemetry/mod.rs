//! What an operator sees of a process: logs, metrics, traces.

mod json_log;
mod metrics;
mod traces;

pub use metrics::{DURATION_BUCKETS_S, Metrics};

use opentelemetry_sdk::trace::SdkTracerProvider;
use std::io::IsTerminal;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{EnvFilter, Layer};

/// The variable with the log filter, for example `info,vehicles_platform=debug`.
const FILTER_VARIABLE: &str = "MVP_LOG";

/// Telemetry cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The metrics exporter refuses.
    #[error("metrics cannot be set up")]
    Metrics(#[source] opentelemetry_sdk::error::OTelSdkError),
    /// The OTLP exporter refuses, for example because of its address.
    #[error("the OTLP trace exporter cannot be set up")]
    Traces(#[source] opentelemetry_otlp::ExporterBuildError),
    /// Telemetry was set up before in this process.
    #[error("logging is already set up")]
    Logs(#[source] TryInitError),
}

/// The telemetry of this process. Kept until the end: [`Telemetry::shutdown`] sends what is buffered.
#[derive(Clone)]
pub struct Telemetry {
    /// The metrics, for `/metrics`.
    pub metrics: Metrics,
    traces: Option<SdkTracerProvider>,
}

/// Sets up logs on standard output, metrics, and traces where `OTEL_EXPORTER_OTLP_ENDPOINT` (or
/// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`) is set.
pub fn init(service: &'static str, version: &'static str) -> Result<Telemetry, TelemetryError> {
    let telemetry = without_logs(service, version)?;
    let filter =
        || EnvFilter::try_from_env(FILTER_VARIABLE).unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = if std::io::stdout().is_terminal() {
        tracing_subscriber::fmt::layer()
            .with_target(false)
            .with_filter(filter())
            .boxed()
    } else {
        json_log::JsonLog::new(service, version, std::io::stdout())
            .with_filter(filter())
            .boxed()
    };
    let spans = telemetry
        .traces
        .as_ref()
        .map(|provider| traces::layer(provider, service));
    tracing_subscriber::registry()
        .with(spans)
        .with(logs)
        .try_init()
        .map_err(TelemetryError::Logs)?;
    Ok(telemetry)
}

/// Shows warnings and errors on standard error, for a command that ends by itself and whose output is its result.
pub fn warnings_on_stderr() -> Result<(), TelemetryError> {
    // The driver of SQL Server logs what it also returns.
    let filter = EnvFilter::try_from_env(FILTER_VARIABLE)
        .unwrap_or_else(|_| EnvFilter::new("warn,tiberius=off"));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        .with_ansi(std::io::stderr().is_terminal())
        .with_filter(filter);
    tracing_subscriber::registry()
        .with(lines)
        .try_init()
        .map_err(TelemetryError::Logs)
}

/// Sets up metrics and traces and leaves logging alone, as tests and short commands want it.
pub fn without_logs(
    service: &'static str,
    version: &'static str,
) -> Result<Telemetry, TelemetryError> {
    let metrics = Metrics::new(service, version).map_err(TelemetryError::Metrics)?;
    let traces = traces::provider(service, version).map_err(TelemetryError::Traces)?;
    Ok(Telemetry { metrics, traces })
}

impl Telemetry {
    /// Sends the spans that are still buffered.
    pub fn shutdown(&self) {
        if let Some(Err(error)) = self.traces.as_ref().map(SdkTracerProvider::shutdown) {
            tracing::warn!(%error, "the last spans were not sent");
        }
    }
}
