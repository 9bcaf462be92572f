//! A key and what may stand under it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

const LONGEST_NAME: usize = 64;
const LARGEST_SCHEMA_BYTES: usize = 16 * 1024;
/// A value is a setting, not a document.
const LARGEST_VALUE_BYTES: usize = 16 * 1024;

/// Who sets a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scope {
    /// Each tenant.
    Tenant,
    /// The operator, by plans.
    Platform,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Key {
    #[schema(example = "display.currency")]
    pub(crate) name: String,
    pub(crate) description: String,
    /// JSON Schema 2020-12.
    pub(crate) schema: Value,
    pub(crate) default: Option<Value>,
    pub(crate) scope: Scope,
    /// Whether values are sealed and not shown.
    pub(crate) secret: bool,
}

impl Scope {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Platform => "platform",
        }
    }
}

impl Key {
    /// What is wrong with the key itself: the part, and why.
    pub(crate) fn fault(&self) -> Option<(&'static str, String)> {
        let is_name = (3..=LONGEST_NAME).contains(&self.name.len())
            && self.name.split('.').all(|part| {
                !part.is_empty()
                    && part.bytes().all(|byte| {
                        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'
                    })
            });
        if !is_name {
            let detail = "must be words of lower-case letters, digits and _ with points between";
            return Some(("/path/key", detail.to_owned()));
        }
        if self.schema.to_string().len() > LARGEST_SCHEMA_BYTES {
            return Some(("/body/schema", "must have at most 16 kB".to_owned()));
        }
        if let Err(error) = jsonschema::validator_for(&self.schema) {
            return Some(("/body/schema", format!("is no JSON Schema: {error}")));
        }
        if self.secret && self.default.is_some() {
            return Some(("/body/default", "a secret has none".to_owned()));
        }
        let default = self.default.as_ref()?;
        self.refusal(default)
            .map(|reason| ("/body/default", reason))
    }

    /// Why a value may not stand under this key.
    pub(crate) fn refusal(&self, value: &Value) -> Option<String> {
        if value.to_string().len() > LARGEST_VALUE_BYTES {
            return Some("must have at most 16 kB".to_owned());
        }
        if self.secret && !value.is_string() {
            return Some("a secret must be a text".to_owned());
        }
        let validator = match jsonschema::validator_for(&self.schema) {
            Ok(validator) => validator,
            Err(error) => return Some(format!("the key's schema is unusable: {error}")),
        };
        let error = validator.iter_errors(value).next()?;
        // The message may quote the value.
        Some(if self.secret {
            "does not fit the key's schema".to_owned()
        } else {
            error.to_string()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn key(schema: Value, default: Option<Value>, secret: bool) -> Key {
        Key {
            name: "display.unit".to_owned(),
            description: String::new(),
            schema,
            default,
            scope: Scope::Tenant,
            secret,
        }
    }

    #[test]
    fn a_key_is_made_of_a_name_a_schema_and_a_default_that_fits() {
        let right = key(json!({"enum": ["km", "mi"]}), Some(json!("km")), false);
        assert_eq!(right.fault(), None);
        let wrong = key(json!({"enum": ["km"]}), Some(json!("mi")), false);
        assert_eq!(wrong.fault().unwrap().0, "/body/default");
        let wrong = key(json!({"type": "nonsense"}), None, false);
        assert_eq!(wrong.fault().unwrap().0, "/body/schema");
        let wrong = key(json!({}), Some(json!("x")), true);
        assert_eq!(wrong.fault().unwrap().0, "/body/default");
        for name in ["", "a", "A.b", "a..b", ".ab", "ab-c", &"x".repeat(65)] {
            let mut wrong = right.clone();
            wrong.name = name.to_owned();
            assert_eq!(wrong.fault().unwrap().0, "/path/key", "{name}");
        }
    }

    #[test]
    fn a_value_fits_or_is_told_why_and_a_secret_is_not_repeated() {
        let unit = key(json!({"enum": ["km", "mi"]}), None, false);
        assert_eq!(unit.refusal(&json!("km")), None);
        assert!(unit.refusal(&json!("parsec")).unwrap().contains("parsec"));
        let secret = key(json!({"type": "string", "minLength": 20}), None, true);
        let reason = secret.refusal(&json!("hunter2")).unwrap();
        assert!(!reason.contains("hunter2"), "{reason}");
        assert!(secret.refusal(&json!(12)).is_some());
    }

    #[test]
    fn a_schema_cannot_make_us_fetch_anything() {
        let remote = key(
            json!({"$ref": "http://127.0.0.1:1/schema.json"}),
            None,
            false,
        );
        assert_eq!(remote.fault().unwrap().0, "/body/schema");
    }
}
