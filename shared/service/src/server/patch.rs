//! Changes of a part: what a merge patch (RFC 7396) makes of what is there.

use super::body::fit;
use problem::Problem;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::marker::PhantomData;
use utoipa::openapi::schema::{AdditionalProperties, AnyOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A patch of a `T`: null empties a member, and what is not named stays.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent, bound = "")]
pub struct Patch<T> {
    members: Map<String, Value>,
    #[serde(skip)]
    of: PhantomData<T>,
}

impl<T: Serialize + DeserializeOwned> Patch<T> {
    /// What comes of it; a 422 with a pointer where that is no `T`.
    pub fn apply(self, before: &T) -> Result<T, Problem> {
        // Of what was read from JSON itself: this cannot fail.
        let mut target = serde_json::to_value(before).unwrap_or_default();
        merge(&mut target, Value::Object(self.members));
        fit(target)
    }
}

/// RFC 7396 §2.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else {
        return;
    };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(&name);
        } else {
            merge(target.entry(name).or_insert(Value::Null), value);
        }
    }
}

impl<T: PartialSchema> PartialSchema for Patch<T> {
    /// That of the whole, where each member may be left out or null.
    fn schema() -> RefOr<Schema> {
        let RefOr::T(Schema::Object(mut object)) = T::schema() else {
            return T::schema();
        };
        object.required.clear();
        for member in object.properties.values_mut() {
            if let RefOr::T(Schema::Object(map)) = member
                && let Some(values) = map.additional_properties.as_deref_mut()
                && let AdditionalProperties::RefOr(value) = values
            {
                *value = nullable(value.clone());
            }
            *member = nullable(member.clone());
        }
        object.into()
    }
}

fn nullable(schema: RefOr<Schema>) -> RefOr<Schema> {
    let null = ObjectBuilder::new().schema_type(Type::Null);
    AnyOfBuilder::new().item(schema).item(null).into()
}

impl<T: ToSchema> ToSchema for Patch<T> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("PatchOf{}", T::name()))
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_patch_changes_what_it_names() {
        let mut target = json!({ "a": 1, "b": { "c": 2, "d": 3 }, "e": [1] });
        let patch = json!({ "a": null, "b": { "c": 4 }, "e": [2, 3], "f": { "g": null } });
        merge(&mut target, patch);
        let expected = json!({ "b": { "c": 4, "d": 3 }, "e": [2, 3], "f": {} });
        assert_eq!(target, expected);
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Trip {
        km: u32,
        to: Option<String>,
    }

    impl Default for Trip {
        fn default() -> Self {
            Self { km: 7, to: None }
        }
    }

    #[test]
    fn null_is_what_a_new_one_has_and_what_is_no_member_is_refused() {
        let apply = |patch: Value| {
            let patch: Patch<Trip> = serde_json::from_value(patch).unwrap();
            patch.apply(&Trip {
                km: 1,
                to: Some("Rome".to_owned()),
            })
        };
        let back = apply(json!({ "km": null, "to": null })).unwrap();
        assert_eq!(back, Trip::default());
        for (patch, pointer) in [
            (json!({ "km": "1" }), "/body/km"),
            (json!({ "by": 1 }), "/body/by"),
        ] {
            let problem = apply(patch).unwrap_err();
            assert_eq!(
                problem.errors.first().map(|it| it.pointer.as_str()),
                Some(pointer)
            );
        }
    }
}
