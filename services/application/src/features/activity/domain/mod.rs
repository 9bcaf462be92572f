//! What is written down of a change: the fields that differ, as they were and as they became.

use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// One thing that was done.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    pub(crate) action: &'static str,
    pub(crate) subject: Uuid,
    pub(crate) belongs_to: Uuid,
    pub(crate) changes: Value,
}

impl Note {
    /// Something done to a thing that belongs to nothing else.
    pub(crate) fn new(action: &'static str, subject: Uuid) -> Self {
        Self {
            action,
            subject,
            belongs_to: subject,
            changes: Value::Object(Map::new()),
        }
    }

    /// The thing belongs to another one.
    #[must_use]
    pub(crate) fn of(mut self, belongs_to: Uuid) -> Self {
        self.belongs_to = belongs_to;
        self
    }

    /// Adds what differs between two states; of a new or a removed thing the other one is `()`.
    #[must_use]
    pub(crate) fn between(mut self, before: &impl Serialize, after: &impl Serialize) -> Self {
        self.changes = difference(before, after);
        self
    }
}

/// By field, `{"before": …, "after": …}`; fields that are nothing on both sides are left out.
fn difference(before: &impl Serialize, after: &impl Serialize) -> Value {
    let (before, after) = (fields(before), fields(after));
    let names = before.keys().chain(after.keys());
    let mut changes = Map::new();
    for name in names {
        let side = |side: &Map<String, Value>| side.get(name).cloned().unwrap_or(Value::Null);
        let (was, is) = (side(&before), side(&after));
        if was != is {
            changes.insert(
                name.clone(),
                json!({ "before": veiled(name, was), "after": veiled(name, is) }),
            );
        }
    }
    Value::Object(changes)
}

fn fields(state: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(state) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// A VIN is enough to look a car's owner up with; its end is enough to know it by.
fn veiled(name: &str, value: Value) -> Value {
    const SHOWN: usize = 6;
    match value {
        Value::String(vin) if name == "vin" => {
            let hidden = vin.chars().count().saturating_sub(SHOWN);
            Value::String(vin.chars().skip(hidden).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_written_down() {
        let before = json!({ "nickname": "Blue", "plate": null, "year": 2003 });
        let after =
            json!({ "nickname": "Red", "plate": null, "year": 2003, "vin": "1HGCM82633A004352" });
        assert_eq!(
            difference(&before, &after),
            json!({
                "nickname": { "before": "Blue", "after": "Red" },
                "vin": { "before": null, "after": "004352" },
            })
        );
        assert_eq!(
            difference(&(), &before)["year"],
            json!({ "before": null, "after": 2003 })
        );
        assert_eq!(difference(&before, &before), json!({}));
    }
}
