//! The issuer's keys as last fetched, and when they are fetched again.

use crate::TokenSettings;
use crate::jwks::{self, PublicKey};
use crate::token_settings::fetchable;
use arc_swap::ArcSwapOption;
use reqwest::{Client, Url, redirect};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// A key set has a few kilobytes.
const MAX_DOCUMENT_BYTES: usize = 256 * 1024;
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// While there are no keys at all, nobody can call: worth asking a little more often.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const DISCOVERY_PATH: &str = "/.well-known/openid-configuration";

/// Where a key was looked for and what came of it.
pub(crate) enum Found {
    /// This is it.
    Key(PublicKey),
    /// The issuer has no such key.
    Unknown,
    /// Nobody knows which keys there are.
    NoKeys,
}

struct KeySet {
    keys: HashMap<String, PublicKey>,
    fetched: Instant,
}

/// The keys of one issuer.
pub(crate) struct TokenKeys {
    issuer: String,
    jwks_url: Option<String>,
    fresh: Duration,
    kept: Duration,
    pause: Duration,
    set: ArcSwapOption<KeySet>,
    /// When the issuer was last asked; held while it is asked, so that it is asked once and the others wait for the answer.
    asked: Arc<Mutex<Option<Instant>>>,
}

impl TokenKeys {
    pub(crate) fn new(settings: &TokenSettings) -> Self {
        Self {
            issuer: settings.issuer.clone(),
            jwks_url: settings.jwks_url.clone(),
            fresh: Duration::from_secs(settings.keys_fresh_s),
            kept: Duration::from_secs(settings.keys_kept_s),
            pause: Duration::from_secs(settings.fetch_pause_s),
            set: ArcSwapOption::empty(),
            asked: Arc::new(Mutex::new(None)),
        }
    }

    /// The key with this id, fetched if need be.
    pub(crate) async fn find(self: &Arc<Self>, id: &str) -> Found {
        let known = self.lookup(id, self.fresh);
        if let Found::Key(_) = known {
            return known;
        }
        // Somebody who has an old key need not wait until another's fetch ends.
        let old = self.lookup(id, self.kept);
        let asked = Arc::clone(&self.asked);
        let asked = match (&old, Arc::clone(&asked).try_lock_owned()) {
            (_, Ok(asked)) => asked,
            (Found::Key(_), Err(_)) => return old,
            (_, Err(_)) => asked.lock_owned().await,
        };
        // What was fetched while this one waited may be the answer.
        match self.lookup(id, self.fresh) {
            found @ Found::Key(_) => return found,
            _ => self.fetch_if_due(asked).await,
        }
        self.lookup(id, self.kept)
    }

    fn lookup(&self, id: &str, oldest: Duration) -> Found {
        let set = self.set.load();
        match set.as_ref().filter(|set| set.fetched.elapsed() < oldest) {
            Some(set) => set
                .keys
                .get(id)
                .map_or(Found::Unknown, |key| Found::Key(key.clone())),
            None => Found::NoKeys,
        }
    }

    async fn fetch_if_due(self: &Arc<Self>, mut asked: OwnedMutexGuard<Option<Instant>>) {
        let pause = if self.set.load().is_some() {
            self.pause
        } else {
            self.pause.min(FIRST_PAUSE)
        };
        if asked.is_some_and(|at| at.elapsed() < pause) {
            return;
        }
        *asked = Some(Instant::now());
        let this = Arc::clone(self);
        // In a task of its own, which the others wait for: a caller that hangs up must not cost them the answer.
        let fetching = tokio::spawn(async move {
            this.fetch_and_keep().await;
            drop(asked);
        });
        let _ = fetching.await;
    }

    async fn fetch_and_keep(&self) {
        match self.fetch().await {
            Ok(keys) => {
                tracing::info!(
                    issuer = self.issuer,
                    keys = keys.len(),
                    "token keys fetched"
                );
                self.set.store(Some(Arc::new(KeySet {
                    keys,
                    fetched: Instant::now(),
                })));
            }
            Err(reason) => {
                tracing::warn!(
                    issuer = self.issuer,
                    reason,
                    "token keys cannot be fetched; the known ones stay"
                );
            }
        }
    }

    async fn fetch(&self) -> Result<HashMap<String, PublicKey>, String> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(FETCH_TIMEOUT)
            .build()
            .map_err(|error| error.to_string())?;
        let url = match &self.jwks_url {
            Some(url) => url.clone(),
            None => self.discover(&client).await?,
        };
        let url = fetchable(&url).ok_or("the key set is not at an https:// URL")?;
        let document = get(&client, url).await?;
        let keys = jwks::parse(&document).ok_or("the key set cannot be read")?;
        if keys.is_empty() {
            // An issuer without keys has made a mistake; taking it over would lock everybody out.
            return Err("the key set holds no usable key".to_owned());
        }
        Ok(keys)
    }

    async fn discover(&self, client: &Client) -> Result<String, String> {
        #[derive(Deserialize)]
        struct Discovery {
            issuer: String,
            jwks_uri: String,
        }
        let base = self.issuer.trim_end_matches('/');
        let url = fetchable(&format!("{base}{DISCOVERY_PATH}")).ok_or("the issuer is no URL")?;
        let document = get(client, url).await?;
        let found: Discovery = serde_json::from_slice(&document)
            .map_err(|_| "the discovery document cannot be read")?;
        // OpenID Connect Discovery 1.0 §4.3: it must speak for the issuer that was asked.
        if found.issuer != self.issuer {
            return Err("the discovery document names another issuer".to_owned());
        }
        Ok(found.jwks_uri)
    }
}

async fn get(client: &Client, url: Url) -> Result<Vec<u8>, String> {
    let answer = client.get(url).send().await;
    let mut answer = answer.map_err(|error| error.without_url().to_string())?;
    if answer.status() != reqwest::StatusCode::OK {
        return Err(format!("the issuer answers {}", answer.status()));
    }
    let mut document = Vec::new();
    while let Some(piece) = answer
        .chunk()
        .await
        .map_err(|error| error.without_url().to_string())?
    {
        document.extend_from_slice(&piece);
        if document.len() > MAX_DOCUMENT_BYTES {
            return Err("the issuer's document is too large".to_owned());
        }
    }
    Ok(document)
}
