//! Talking to the tenants platform.

use super::Question;
use super::known::{Known, Verdict};
use super::ledger::Ledger;
use super::own_key::OwnKey;
use super::settings::TenantKeySettings;
use super::usage::Report;
use crate::refusal::Refusal;
use bytes::Bytes;
use contracts::List;
use contracts::tenants::{RequestsToday, VerifiedKey};
use reqwest::header::HeaderValue;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
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
    own_key: Arc<OwnKey>,
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

/// What the platform answered.
struct Answer {
    status: StatusCode,
    body: Bytes,
}

/// What became of a report.
pub(super) enum Told {
    WrittenDown,
    /// With this status; there is no use in sending it again.
    Refused(u16),
    /// Perhaps it is written down, perhaps not.
    Unheard,
}

/// A problem, as far as it matters here.
#[derive(Deserialize)]
struct Coded {
    code: String,
    #[serde(default)]
    errors: Vec<At>,
}

#[derive(Deserialize)]
struct At {
    pointer: String,
}

impl Answer {
    fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// What the platform says against the key that it was asked about. A problem that points at a header is about the gateway's
    /// own key, although it has the same code.
    fn verdict(&self) -> Option<Refusal> {
        let coded: Coded = self.json()?;
        if coded
            .errors
            .iter()
            .any(|it| it.pointer.starts_with("/header/"))
        {
            return None;
        }
        match coded.code.as_str() {
            "api_key_unknown" => Some(Refusal::KeyUnknown),
            "api_key_expired" => Some(Refusal::KeyExpired),
            "api_key_revoked" => Some(Refusal::KeyRevoked),
            "forbidden" => Some(Refusal::TenantInactive),
            _ => None,
        }
    }

    fn refuses_own_key(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED && self.verdict().is_none()
    }
}

impl Platform {
    pub(super) fn new(
        settings: &TenantKeySettings,
        own_key: OwnKey,
        ledger: Ledger,
    ) -> Result<Self, String> {
        let client = Client::builder()
            .connect_timeout(VERIFY_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self {
            client,
            own_key: Arc::new(own_key),
            url: settings.url.trim_end_matches('/').into(),
            ledger,
        })
    }

    /// Asks; once more with the key that the file holds by now, if the platform refuses the one that was shown.
    async fn ask(&self, request: impl Fn() -> RequestBuilder) -> Option<Answer> {
        let shown = self.own_key.shown();
        let answer = send(request(), shown.clone()).await?;
        if !answer.refuses_own_key() {
            return Some(answer);
        }
        match self.own_key.instead_of(&shown) {
            Some(key) => send(request(), key).await,
            None => Some(answer),
        }
    }

    /// Whose key it is; `None` when the platform does not say.
    async fn verify(&self, key: &str) -> Option<Verdict> {
        let url = format!("{}/tenants/api-keys/verify", self.url);
        let asked = json!({ "key": key });
        let request = || self.client.post(&url).timeout(VERIFY_TIMEOUT).json(&asked);
        let answer = self.ask(request).await?;
        match answer.status {
            StatusCode::OK => {
                let key = Known::of(answer.json::<VerifiedKey>()?, &self.ledger)?;
                Some(Ok(Arc::new(key)))
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => answer.verdict().map(Err),
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
        let request = || self.client.get(&url).timeout(FEED_TIMEOUT);
        let answer = self.ask(request).await?;
        (answer.status == StatusCode::OK).then(|| answer.json())?
    }

    /// Reports how often keys were used. The answer is what all gateways have reported.
    pub(super) async fn report(&self, report: &Report) -> Told {
        let url = format!("{}/tenants/api-keys/usage", self.url);
        let request = || {
            let request = self.client.post(&url).timeout(REPORT_TIMEOUT);
            request
                .header("idempotency-key", &report.name)
                .json(&report.used)
        };
        let Some(answer) = self.ask(request).await else {
            return Told::Unheard;
        };
        match answer.status.as_u16() {
            200..300 => {}
            // What is wrong with it does not get better.
            status @ (400 | 404 | 409..=422) => return Told::Refused(status),
            _ => return Told::Unheard,
        }
        if let Some(counted) = answer.json::<List<RequestsToday>>() {
            for it in &counted.data {
                self.ledger
                    .learn(it.tenant_id, &it.today, it.requests_today);
            }
        }
        Told::WrittenDown
    }
}

async fn send(request: RequestBuilder, own_key: HeaderValue) -> Option<Answer> {
    let request = request.header(crate::request_headers::API_KEY, own_key);
    let answer = request.send().await.ok()?;
    Some(Answer {
        status: answer.status(),
        // The status says enough for some: a report is written down although its answer was cut off.
        body: answer.bytes().await.unwrap_or_default(),
    })
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
