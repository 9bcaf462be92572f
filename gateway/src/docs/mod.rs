//! `/docs` and `/openapi.json`: the API documents of all upstreams as one, with the paths that clients know.

mod join;
mod page;

use crate::state::Shared;
use bytes::Bytes;
use join::{Part, join};
use reqwest::Client;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

/// What is answered here: path, and media type.
pub(crate) const PATHS: [(&str, &str); 3] = [
    ("/docs", "text/html; charset=utf-8"),
    ("/docs/style.css", "text/css; charset=utf-8"),
    ("/openapi.json", "application/json"),
];
/// No script, nothing from elsewhere.
pub(crate) const CONTENT_SECURITY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// For how long a joined document is good.
const KEPT_FOR: Duration = Duration::from_secs(30);
const FETCH_TIMEOUT: Duration = Duration::from_secs(2);
const LARGEST_BYTES: usize = 4 * 1024 * 1024;

/// The joined document, kept for a while.
#[derive(Default)]
pub(crate) struct Docs {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    made: Option<(Instant, Joined)>,
    /// The last document of each upstream: one that is away keeps its place.
    documents: BTreeMap<String, Value>,
}

#[derive(Clone)]
struct Joined {
    json: Bytes,
    page: Bytes,
}

impl Docs {
    /// What stands at one of [`PATHS`].
    pub(crate) async fn answer(&self, shared: &Shared, path: &str) -> Bytes {
        if path == "/docs/style.css" {
            return Bytes::from_static(page::STYLE.as_bytes());
        }
        // Whoever asks meanwhile waits for the same document.
        let mut kept = self.kept.lock().await;
        let joined = match &kept.made {
            Some((at, joined)) if at.elapsed() < KEPT_FOR => joined.clone(),
            _ => {
                for (name, document) in fetch_all(shared).await {
                    kept.documents.insert(name, document);
                }
                let joined = joined(shared, &kept.documents);
                kept.made = Some((Instant::now(), joined.clone()));
                joined
            }
        };
        if path == "/docs" {
            joined.page
        } else {
            joined.json
        }
    }
}

async fn fetch_all(shared: &Shared) -> Vec<(String, Value)> {
    let mut fetching = JoinSet::new();
    // Made anew each time: connections belong to the thread that opened them.
    let client = Client::builder()
        .timeout(FETCH_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build();
    let Ok(client) = client else {
        return Vec::new();
    };
    for upstream in &shared.upstreams {
        let Some(member) = upstream.members().first() else {
            continue;
        };
        let (name, client) = (upstream.name.clone(), client.clone());
        let (host, port) = member.instance.address();
        let host = if host.contains(':') {
            format!("[{host}]")
        } else {
            host.to_owned()
        };
        let url = format!("http://{host}:{port}/openapi.json");
        fetching.spawn(async move { Some((name, fetch(&client, &url).await?)) });
    }
    let mut found = Vec::new();
    while let Some(fetched) = fetching.join_next().await {
        found.extend(fetched.ok().flatten());
    }
    found
}

async fn fetch(client: &Client, url: &str) -> Option<Value> {
    let mut answer = client.get(url).send().await.ok()?.error_for_status().ok()?;
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LARGEST_BYTES {
            return None;
        }
    }
    serde_json::from_slice(&bytes).ok()
}

fn joined(shared: &Shared, documents: &BTreeMap<String, Value>) -> Joined {
    let parts = shared
        .upstreams
        .iter()
        .enumerate()
        .filter_map(|(place, upstream)| {
            let routes = shared.routes.all().iter();
            let prefixes = routes.filter(|route| route.upstream == place);
            Some(Part {
                name: &upstream.name,
                document: documents.get(&upstream.name)?,
                stripped: prefixes
                    .map(|route| {
                        route
                            .prefix
                            .get(..route.strip)
                            .unwrap_or_default()
                            .to_owned()
                    })
                    .collect(),
            })
        });
    let parts: Vec<Part<'_>> = parts.collect();
    let permits = |path: &str, method: &str| {
        let found = shared.routes.find(path, || "");
        found.is_some_and(|(_, route)| {
            let mut methods = route.methods.iter();
            methods.any(|known| known.as_str().eq_ignore_ascii_case(method))
        })
    };
    let document = join(&parts, permits);
    Joined {
        page: page::page(&document).into(),
        json: Bytes::from(document.to_string()),
    }
}
