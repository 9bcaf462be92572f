//! Metrics by OpenTelemetry, read by Prometheus.

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Registry, TextEncoder};

/// The bounds of every duration histogram, in seconds, by the OpenTelemetry convention for HTTP.
pub const DURATION_BUCKETS_S: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// The metrics of this process. Instruments come from `opentelemetry::global::meter`.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
}

impl Metrics {
    /// Makes the registry, becomes the process's meter provider and registers `mvp_build_info`.
    pub(super) fn new(service: &'static str, version: &'static str) -> Result<Self, OTelSdkError> {
        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .without_target_info()
            .build()?;
        let provider = SdkMeterProvider::builder()
            .with_reader(exporter)
            .with_resource(Resource::builder().with_service_name(service).build())
            .build();
        let build_info = provider
            .meter("mvp")
            .u64_gauge("mvp_build_info")
            .with_description("Always 1; the labels say what runs")
            .build();
        build_info.record(
            1,
            &[
                KeyValue::new("service", service),
                KeyValue::new("version", version),
            ],
        );
        opentelemetry::global::set_meter_provider(provider);
        Ok(Self { registry })
    }

    /// Everything in the Prometheus text format.
    pub fn render(&self) -> String {
        TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .unwrap_or_else(|error| {
                tracing::error!(%error, "metrics cannot be written");
                String::new()
            })
    }
}
