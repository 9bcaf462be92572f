//! What differs between two versions.

use super::key::Key;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// What stands in the place of a secret.
const SECRET: &str = "(secret)";

/// A key that has another value.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Difference {
    pub(crate) key: String,
    /// Null where the tenant had set none.
    pub(crate) from: Value,
    /// Null where the tenant has set none.
    pub(crate) to: Value,
}

/// The keys that differ, by name.
pub(crate) fn differences(
    keys: &[Key],
    from: &Map<String, Value>,
    to: &Map<String, Value>,
) -> Vec<Difference> {
    let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    let shown = |name: &String, value: Option<&Value>| match value {
        Some(_) if is_secret(keys, name) => SECRET.into(),
        Some(value) => value.clone(),
        None => Value::Null,
    };
    names
        .into_iter()
        .filter(|name| from.get(*name) != to.get(*name))
        .map(|name| Difference {
            key: name.clone(),
            from: shown(name, from.get(name)),
            to: shown(name, to.get(name)),
        })
        .collect()
}

/// A key that is registered no more is kept secret too: nobody knows what it was.
fn is_secret(keys: &[Key], name: &str) -> bool {
    keys.iter()
        .find(|key| key.name == name)
        .is_none_or(|key| key.secret)
}

/// What a tenant has set, without its secrets.
pub(crate) fn without_secrets(keys: &[Key], values: &Map<String, Value>) -> Map<String, Value> {
    values
        .iter()
        .map(|(name, value)| {
            let shown = if is_secret(keys, name) {
                SECRET.into()
            } else {
                value.clone()
            };
            (name.clone(), shown)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::key::Scope;
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_differs_is_told_and_no_secret() {
        let key = |name: &str, secret| Key {
            name: name.to_owned(),
            description: String::new(),
            schema: json!({}),
            default: None,
            scope: Scope::Tenant,
            secret,
        };
        let keys = [key("a.a", false), key("b.b", false), key("s.s", true)];
        let from = json!({"a.a": 1, "b.b": 1, "s.s": "x"});
        let to = json!({"a.a": 1, "b.b": 2, "s.s": "y"});
        let found = differences(&keys, from.as_object().unwrap(), to.as_object().unwrap());
        let told = serde_json::to_value(&found).unwrap();
        assert_eq!(
            told,
            json!([
                {"key": "b.b", "from": 1, "to": 2},
                {"key": "s.s", "from": "(secret)", "to": "(secret)"},
            ])
        );
        let shown = without_secrets(&keys, to.as_object().unwrap());
        assert_eq!(shown["s.s"], "(secret)");
    }
}
