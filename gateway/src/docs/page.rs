//! The joined document as a page: no script, readable on a phone. Pure.

use serde_json::Value;
use std::fmt::Write;

pub(super) const STYLE: &str = "\
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 0 auto; padding: 1rem }
h2 { margin-top: 2rem; overflow-wrap: anywhere }
details { border-top: 1px solid #8886; padding: .5rem 0 }
summary { cursor: pointer; padding: .25rem 0; overflow-wrap: anywhere }
summary code { font-weight: 600 }
.method { display: inline-block; min-width: 4.5rem; font-weight: 700 }
dl { display: grid; grid-template-columns: minmax(6rem, auto) 1fr; gap: .25rem 1rem; margin: .5rem 0 }
dt { overflow-wrap: anywhere }
dd { margin: 0 }
";

/// The page of a document.
pub(super) fn page(document: &Value) -> String {
    let mut html = String::from(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>MotoVaultPro APIs</title><link rel=\"stylesheet\" href=\"/docs/style.css\"></head><body><h1>MotoVaultPro APIs</h1><p>For programs: <a href=\"/openapi.json\">/openapi.json</a> (OpenAPI 3.1). A key goes into <code>X-API-Key</code>.</p>",
    );
    let mut sections: Vec<(&str, String)> = Vec::new();
    let paths = document.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let tag = operation.pointer("/tags/0").and_then(Value::as_str);
            let tag = tag.unwrap_or("other");
            let text = operation_html(path, method, operation);
            match sections.iter_mut().find(|(name, _)| *name == tag) {
                Some((_, section)) => section.push_str(&text),
                None => sections.push((tag, text)),
            }
        }
    }
    if sections.is_empty() {
        html.push_str("<p>No service behind this gateway answers now.</p>");
    }
    for (tag, section) in sections {
        let described = document.get("tags").and_then(Value::as_array);
        let mut described = described.into_iter().flatten();
        let described = described.find(|it| text_of(it, "name") == tag);
        let about = described.map(|it| text_of(it, "description"));
        // Writing to a string does not fail.
        let _ = write!(
            html,
            "<section><h2>{}</h2><p>{}</p>{section}</section>",
            escaped(tag),
            escaped(about.unwrap_or_default())
        );
    }
    html.push_str("</body></html>");
    html
}

fn operation_html(path: &str, method: &str, operation: &Value) -> String {
    let text = |key: &str| escaped(text_of(operation, key));
    let mut html = format!(
        "<details><summary><span class=\"method\">{}</span><code>{}</code> {}</summary><p>{}</p>",
        escaped(&method.to_uppercase()),
        escaped(path),
        text("summary"),
        text("description")
    );
    let parameters = operation.get("parameters").and_then(Value::as_array);
    let rows = parameters.into_iter().flatten().map(|it| {
        let name = format!("{} ({})", text_of(it, "name"), text_of(it, "in"));
        (name, text_of(it, "description"))
    });
    list(&mut html, "Parameters", rows);
    let responses = operation.get("responses").and_then(Value::as_object);
    let rows = responses
        .into_iter()
        .flatten()
        .map(|(status, it)| (status.clone(), text_of(it, "description")));
    list(&mut html, "Answers", rows);
    html.push_str("</details>");
    html
}

fn list<'a>(html: &mut String, title: &str, rows: impl Iterator<Item = (String, &'a str)>) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    let _ = write!(html, "<h3>{title}</h3><dl>");
    for (name, about) in rows {
        let (name, about) = (escaped(&name), escaped(about));
        let _ = write!(html, "<dt><code>{name}</code></dt><dd>{about}</dd>");
    }
    html.push_str("</dl>");
}

fn text_of<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// What a service says of itself is shown, never obeyed.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_operation_is_on_the_page_and_nothing_in_it_is_markup() {
        let document = json!({
            "paths": {"/a/{id}": {"get": {
                "tags": ["one.a"], "summary": "Reads <script>alert(1)</script>",
                "parameters": [{"name": "id", "in": "path", "description": "the \"id\""}],
                "responses": {"200": {"description": "it & more"}},
            }}},
            "tags": [{"name": "one.a", "description": "About a"}],
        });
        let page = page(&document);
        for part in [
            "GET",
            "/a/{id}",
            "About a",
            "id (path)",
            "the &quot;id&quot;",
            "it &amp; more",
            "&lt;script&gt;",
        ] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        assert!(!page.contains("<script"), "{page}");
    }

    #[test]
    fn a_page_without_services_says_so() {
        assert!(page(&json!({})).contains("No service"));
    }
}
