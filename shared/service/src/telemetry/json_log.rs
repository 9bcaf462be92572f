//! Logs for machines: one flat JSON object a line, the fields of the enclosing spans beside the event's own.

use serde_json::{Map, Value};
use std::fmt::Debug;
use std::io::Write;
use std::sync::Mutex;
use std::time::SystemTime;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, Scope};

/// A layer that writes each event as one line.
pub(super) struct JsonLog<W> {
    service: &'static str,
    version: &'static str,
    out: Mutex<W>,
}

impl<W: Write> JsonLog<W> {
    pub(super) fn new(service: &'static str, version: &'static str, out: W) -> Self {
        Self {
            service,
            version,
            out: Mutex::new(out),
        }
    }
}

/// The fields of one span, kept with it, or of one event. Where a name comes twice, the later value counts.
#[derive(Default)]
struct Fields(Vec<(&'static str, Value)>);

impl<S, W> Layer<S> for JsonLog<W>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: Write + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Fields::default();
        line.set("ts", timestamp());
        line.set("level", event.metadata().level().as_str().to_lowercase());
        line.set("service", self.service);
        line.set("version", self.version);
        line.set("target", event.metadata().target());
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(Scope::from_root)
        {
            if let Some(fields) = span.extensions().get::<Fields>() {
                line.0.extend_from_slice(&fields.0);
            }
        }
        event.record(&mut line);
        let line: Map<String, Value> = line
            .0
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect();
        let mut bytes = Value::Object(line).to_string().into_bytes();
        bytes.push(b'\n');
        if let Ok(mut out) = self.out.lock() {
            // A log that cannot be written must not stop the process.
            let _ = out.write_all(&bytes).and_then(|()| out.flush());
        }
    }
}

fn timestamp() -> String {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let at = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(at)
        .unwrap_or_default()
        .to_string()
}

impl Fields {
    fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        // Fields for OpenTelemetry alone, for example `otel.kind`.
        if key.starts_with("otel.") {
            return;
        }
        // The message is called `msg` in this house; tracing calls it `message`.
        let key = if key == "message" { "msg" } else { key };
        self.0.push((key, value.into()));
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.set(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field.name(), value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field.name(), value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.set(field.name(), crate::errors::chain(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tracing_subscriber::layer::SubscriberExt;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_event_carries_the_fields_of_its_spans_on_one_line() {
        let out = Shared::default();
        let layer = JsonLog::new("sample", "1.2.3", out.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let span = tracing::info_span!(
                "request",
                request_id = "r-1",
                status = tracing::field::Empty
            );
            let _entered = span.enter();
            span.record("status", 200);
            tracing::warn!(rows = 3, "two\nlines");
        });
        let text = String::from_utf8(out.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1);
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["msg"], "two\nlines");
        assert_eq!(line["level"], "warn");
        assert_eq!(line["service"], "sample");
        assert_eq!(line["request_id"], "r-1");
        assert_eq!(line["status"], 200);
        assert_eq!(line["rows"], 3);
        assert!(
            line["ts"]
                .as_str()
                .unwrap()
                .parse::<jiff::Timestamp>()
                .is_ok()
        );
    }
}
