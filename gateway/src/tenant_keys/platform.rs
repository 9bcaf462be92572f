//! Talking to the tenants platform.

use super::Question;
use super::known::{Known, Verdict};
use super::ledger::Ledger;
use super::settings::TenantKeySettings;
use crate::refusal::Refusal;
use contracts::List;
use contracts::tenants::{RequestsToday, VerifiedKey};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use uuid::Uuid;

/// A caller waits for this answer.
const VERIFY_TIMEOUT: Duration = Duration::from_secs(1);
/// The platform holds a waiting reader for so long, and then some.
const WAIT_S: u64 = 20;
const FEED_TIMEOUT: Duration = Duration::from_secs(25);
const REPORT_TIMEOUT: Duration = Duration::from_secs(5);
/// Events of a page.
pub(super) const MOST_EVENTS: usize = 1_000;
/// Questions that the platform is asked at the same time.
const AT_ONCE: usize = 32;

/// The tenants platform.
#[derive(Clone)]
pub(super) struct Platform {
    client: Client,
    url: Arc<str>,
    ledger: Ledger,
}

/// What happened, as far as keys go.
#[derive(Debug, Deserialize)]
pub(super) struct Event {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) tenant_id: Option<Uuid>,
    pub(super) subject: String,
}

/// A page of the feed.
#[derive(Debug, Deserialize)]
pub(super) struct Events {
    pub(super) data: Vec<Event>,
    pub(super) next: i64,
    pub(super) oldest: i64,
}

#[derive(Deserialize)]
struct Coded {
    code: String,
}

impl Platform {
    pub(super) fn new(
        settings: &TenantKeySettings,
        own_key: &str,
        ledger: Ledger,
    ) -> Result<Self, String> {
        let mut key = HeaderValue::from_str(own_key).map_err(|_| "the key cannot be sent")?;
        key.set_sensitive(true);
        let client = Client::builder()
            .default_headers(HeaderMap::from_iter([(
                crate::request_headers::API_KEY,
                key,
            )]))
            .connect_timeout(VERIFY_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self {
            client,
            url: settings.url.trim_end_matches('/').into(),
            ledger,
        })
    }

    /// Whose key it is; `None` when the platform does not say.
    async fn verify(&self, key: &str) -> Option<Verdict> {
        let url = format!("{}/tenants/api-keys/verify", self.url);
        let request = self.client.post(url).timeout(VERIFY_TIMEOUT);
        let answer = request.json(&json!({ "key": key })).send().await.ok()?;
        match answer.status() {
            StatusCode::OK => {
                let key = Known::of(answer.json::<VerifiedKey>().await.ok()?, &self.ledger)?;
                Some(Ok(Arc::new(key)))
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                let coded: Coded = answer.json().await.ok()?;
                match coded.code.as_str() {
                    "api_key_unknown" => Some(Err(Refusal::KeyUnknown)),
                    "api_key_expired" => Some(Err(Refusal::KeyExpired)),
                    "api_key_revoked" => Some(Err(Refusal::KeyRevoked)),
                    "forbidden" => Some(Err(Refusal::TenantInactive)),
                    // Our own key is not good, for example: that says nothing about the caller's.
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// What happened after an event; waits for the next one. Without a number: where the end is.
    pub(super) async fn events(&self, after: Option<i64>) -> Option<Events> {
        let url = match after {
            Some(after) => format!(
                "{}/tenants/events?limit={MOST_EVENTS}&after={after}&wait_s={WAIT_S}",
                self.url
            ),
            None => format!("{}/tenants/events", self.url),
        };
        let answer = self.client.get(url).timeout(FEED_TIMEOUT).send().await;
        answer.ok()?.error_for_status().ok()?.json().await.ok()
    }

    /// Reports how often keys were used; whether that is written down. The answer is what all gateways have reported.
    pub(super) async fn report(&self, used: &[(Arc<str>, u64)]) -> bool {
        let used: Vec<_> = used
            .iter()
            .map(|(id, requests)| json!({ "id": &**id, "requests": requests }))
            .collect();
        let url = format!("{}/tenants/api-keys/usage", self.url);
        let request = self.client.post(url).timeout(REPORT_TIMEOUT).json(&used);
        let Ok(answer) = request.send().await else {
            return false;
        };
        if !answer.status().is_success() {
            return false;
        }
        // It is written down, whether or not the answer can be read.
        if let Ok(counted) = answer.json::<List<RequestsToday>>().await {
            for it in &counted.data {
                self.ledger
                    .learn(it.tenant_id, &it.today, it.requests_today);
            }
        }
        true
    }
}

/// Answers the questions of the workers.
pub(super) async fn answer(platform: Platform, mut asked: mpsc::Receiver<Question>) {
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    while let Some(question) = asked.recv().await {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
            return;
        };
        let platform = platform.clone();
        tokio::spawn(async move {
            let verdict = if question.answer.is_closed() {
                None
            } else {
                platform.verify(&question.key).await
            };
            // Whoever asked may be gone.
            let _ = question.answer.send(verdict);
            drop(slot);
        });
    }
}
