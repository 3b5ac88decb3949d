//! Logs: `tracing` events as one JSON line each on the console, which is where the platform collects them.
//!
//! Fields are those of the event (`jobId`, `sessionId`, `provider`, `step`, `ms`, …). Nothing here can see a key, a query
//! string or image bytes unless it's put into a field, and nobody does.

use std::fmt::Debug;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Sends events to the console from now on. Calling it again changes nothing.
pub fn init() {
    // The error says that it has been set before, which is what is wanted.
    let _ = tracing::subscriber::set_global_default(Console);
}

/// A subscriber without spans: a Worker's events stand alone, each naming the job that it's about.
struct Console;

impl Subscriber for Console {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= Level::INFO
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(Map::new());
        line.put("level", event.metadata().level().as_str().to_ascii_lowercase().into());
        event.record(&mut line);
        let text = Value::Object(line.0).to_string();
        if *event.metadata().level() == Level::ERROR {
            worker::console_error!("{text}");
        } else {
            worker::console_log!("{text}");
        }
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

struct Line(Map<String, Value>);

impl Line {
    fn put(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }
}

impl Visit for Line {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field.name(), format!("{value:?}").into());
    }
}
