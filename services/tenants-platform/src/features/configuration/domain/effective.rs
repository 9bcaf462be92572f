//! What a tenant has of every key, and where it comes from.

use super::key::{Key, Scope};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    Default,
    Plan,
    Tenant,
}

/// What a tenant has of a key.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Effective {
    /// Null where there is none, and always for a secret.
    pub(crate) value: Value,
    pub(crate) source: Source,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) secret: bool,
    /// Whether there is a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_set: Option<bool>,
}

/// The tenant's own value, else the plan's, else the default.
pub(crate) fn effective(
    keys: &[Key],
    plan: &BTreeMap<String, Value>,
    own: &Map<String, Value>,
) -> BTreeMap<String, Effective> {
    keys.iter()
        .map(|key| {
            // What a tenant has of a key that the operator has taken over since counts no more.
            let found = own
                .get(&key.name)
                .filter(|_| key.scope == Scope::Tenant)
                .map(|value| (value, Source::Tenant))
                .or_else(|| plan.get(&key.name).map(|value| (value, Source::Plan)))
                .or_else(|| key.default.as_ref().map(|value| (value, Source::Default)));
            let (value, source) = found.unwrap_or((&Value::Null, Source::Default));
            let shown = if key.secret { &Value::Null } else { value };
            let effective = Effective {
                value: shown.clone(),
                source,
                secret: key.secret,
                is_set: key.secret.then_some(!value.is_null()),
            };
            (key.name.clone(), effective)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_nearest_value_counts_and_secrets_are_not_shown() {
        let key = |name: &str, default, secret| Key {
            name: name.to_owned(),
            description: String::new(),
            schema: json!({}),
            default,
            scope: Scope::Tenant,
            secret,
        };
        let keys = [
            Key {
                scope: Scope::Platform,
                ..key("p.p", Some(json!(1)), false)
            },
            key("a.a", Some(json!(1)), false),
            key("b.b", Some(json!(1)), false),
            key("c.c", Some(json!(1)), false),
            key("d.d", None, false),
            key("s.s", None, true),
        ];
        let plan = [("b.b".to_owned(), json!(2)), ("c.c".to_owned(), json!(2))];
        let own = json!({"c.c": 3, "p.p": 3, "s.s": "sealed"});
        let all = effective(&keys, &plan.into(), own.as_object().unwrap());
        let shown = |name: &str| (all[name].value.clone(), all[name].source);
        assert_eq!(shown("p.p"), (json!(1), Source::Default));
        assert_eq!(shown("a.a"), (json!(1), Source::Default));
        assert_eq!(shown("b.b"), (json!(2), Source::Plan));
        assert_eq!(shown("c.c"), (json!(3), Source::Tenant));
        assert_eq!(shown("d.d"), (Value::Null, Source::Default));
        assert_eq!(shown("s.s"), (Value::Null, Source::Tenant));
        assert_eq!(all["s.s"].is_set, Some(true));
    }
}
