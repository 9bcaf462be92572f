//! Several API documents as one. Pure.

use serde_json::{Map, Value, json};

/// The document of an upstream.
pub(super) struct Part<'a> {
    /// The upstream's name, which keeps names of its components apart from others'.
    pub(super) name: &'a str,
    pub(super) document: &'a Value,
    /// What its routes cut off the front of a path.
    pub(super) stripped: Vec<String>,
}

/// One document with the paths as clients write them. `permits`: whether a path and a method have a route.
pub(super) fn join(parts: &[Part<'_>], permits: impl Fn(&str, &str) -> bool) -> Value {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    let mut security = Map::new();
    let mut tags = Vec::new();
    for part in parts {
        let mut document = part.document.clone();
        rename(&mut document, part.name);
        let own = |name: &str| format!("{}.{name}", part.name);
        for (path, item) in objects(document.pointer("/paths")) {
            let public = part.stripped.iter().map(|front| format!("{front}{path}"));
            for public in public {
                let mut kept = item.clone();
                if let Some(item) = kept.as_object_mut() {
                    item.retain(|method, _| permits(&public, method));
                    for operation in item.values_mut() {
                        own_names(operation, part.name);
                    }
                }
                if kept.as_object().is_some_and(|item| !item.is_empty()) {
                    paths.entry(public).or_insert(kept);
                }
            }
        }
        for (name, schema) in objects(document.pointer("/components/schemas")) {
            schemas.insert(own(&name), schema);
        }
        for (name, scheme) in objects(document.pointer("/components/securitySchemes")) {
            security.insert(name, scheme);
        }
        let own_tags = document.get("tags").and_then(Value::as_array);
        for tag in own_tags.into_iter().flatten() {
            let mut tag = tag.clone();
            if let Some(name) = tag.get_mut("name") {
                prefix(name, part.name);
            }
            tags.push(tag);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "MotoVaultPro",
            "description": "Everything behind this gateway.",
            "version": env!("CARGO_PKG_VERSION"),
        },
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": security},
        "tags": tags,
    })
}

fn objects(value: Option<&Value>) -> impl Iterator<Item = (String, Value)> {
    let object = value.and_then(Value::as_object).cloned();
    object.unwrap_or_default().into_iter()
}

fn prefix(value: &mut Value, name: &str) {
    if let Some(text) = value.as_str() {
        *value = format!("{name}.{text}").into();
    }
}

/// Ids and tags of operations are unique in one document only.
fn own_names(operation: &mut Value, name: &str) {
    if let Some(id) = operation.get_mut("operationId") {
        prefix(id, name);
    }
    let tags = operation.get_mut("tags").and_then(Value::as_array_mut);
    for tag in tags.into_iter().flatten() {
        prefix(tag, name);
    }
}

/// References follow their schemas to their new names.
fn rename(value: &mut Value, name: &str) {
    const SCHEMAS: &str = "#/components/schemas/";
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match value.as_str().and_then(|text| text.strip_prefix(SCHEMAS)) {
                    Some(schema) if key == "$ref" => {
                        *value = format!("{SCHEMAS}{name}.{schema}").into();
                    }
                    _ => rename(value, name),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| rename(value, name)),
        _ => {}
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]
mod tests {
    use super::*;

    #[test]
    fn documents_stand_side_by_side_with_the_paths_of_the_door() {
        let document = json!({
            "paths": {
                "/things": {
                    "get": {"operationId": "list", "tags": ["a"], "responses": {"200": {"$ref": "#/components/schemas/Thing"}}},
                    "delete": {"operationId": "drop"},
                },
                "/hidden": {"get": {}},
            },
            "components": {"schemas": {"Thing": {"items": [{"$ref": "#/components/schemas/Thing"}]}}},
            "tags": [{"name": "a"}],
        });
        let part = |name| Part {
            name,
            document: &document,
            stripped: vec![format!("/{name}")],
        };
        let parts = [part("one"), part("two")];
        let joined = join(&parts, |path, method| {
            method == "get" && path.ends_with("/things")
        });
        let paths: Vec<_> = joined["paths"].as_object().unwrap().keys().collect();
        assert_eq!(paths, ["/one/things", "/two/things"]);
        let operation = &joined["paths"]["/two/things"]["get"];
        assert_eq!(operation["operationId"], "two.list");
        assert_eq!(operation["tags"], json!(["two.a"]));
        let reference = "#/components/schemas/two.Thing";
        assert_eq!(operation["responses"]["200"]["$ref"], reference);
        let schemas = &joined["components"]["schemas"];
        assert_eq!(schemas["two.Thing"]["items"][0]["$ref"], reference);
        assert!(joined["paths"]["/one/things"].get("delete").is_none());
        assert_eq!(joined["tags"][1]["name"], "two.a");
    }
}
