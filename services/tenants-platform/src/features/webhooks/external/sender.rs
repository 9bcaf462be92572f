//! The worker that sends what is due.

use super::public_only::{PublicOnly, is_refused_literal};
use super::under_way::UnderWay;
use crate::caller::Caller;
use crate::change::Change;
use crate::features::webhooks::data::deliveries::{self, Due, Outcome};
use crate::features::webhooks::data::endpoints::{self, Endpoint};
use crate::features::webhooks::domain::{backoff, signature};
use crate::settings::WebhookSettings;
use ::audit::Note;
use fault::Fault;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Counter;
use pg::{Db, DbError};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use std::sync::Arc;
use std::time::Duration;
use vault::Vault;

/// How often is looked for what is due.
const INTERVAL: Duration = Duration::from_millis(500);
/// How many are sent at once, and how many of them to one endpoint.
const AT_ONCE: i64 = 64;
const OF_ONE: i64 = 4;

/// What sends events to endpoints.
pub(crate) struct Sender {
    db: Db,
    vault: Arc<Vault>,
    settings: WebhookSettings,
    client: Client,
    attempts: Counter<u64>,
}

impl Sender {
    pub(crate) fn new(
        db: Db,
        vault: Arc<Vault>,
        settings: WebhookSettings,
    ) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .timeout(Duration::from_millis(settings.timeout_ms))
            .redirect(Policy::none())
            .no_proxy()
            .user_agent("MotoVaultPro-Webhooks/1")
            .dns_resolver(Arc::new(PublicOnly {
                allow_private: settings.allow_private_addresses,
            }))
            .build()?;
        let attempts = opentelemetry::global::meter("tenants-platform")
            .u64_counter("mvp_webhook_attempts")
            .with_description("Attempts to deliver an event, by outcome")
            .build();
        Ok(Self {
            db,
            vault,
            settings,
            client,
            attempts,
        })
    }

    /// Sends whatever is due, as long as the process lives.
    pub(crate) async fn run(self) {
        let sender = Arc::new(self);
        let mut ticks = tokio::time::interval(INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut under_way = UnderWay::default();
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = under_way.one_less() => {}
            }
            match sender.take_on(&mut under_way).await {
                Ok(()) => {}
                Err(error) if error.is_passing() => {}
                Err(error) => tracing::error!(
                    error = service::errors::chain(&error),
                    "webhooks cannot be delivered"
                ),
            }
        }
    }

    /// Begins to send what is due, as far as there is room.
    async fn take_on(self: &Arc<Self>, under_way: &mut UnderWay) -> Result<(), DbError> {
        let room = AT_ONCE.saturating_sub(under_way.len());
        if room == 0 {
            return Ok(());
        }
        for due in deliveries::claim(&self.db, room, OF_ONE, &under_way.busy(OF_ONE)).await? {
            let sender = Arc::clone(self);
            under_way.add(due.endpoint_id, async move { sender.deliver(&due).await });
        }
        Ok(())
    }

    async fn deliver(&self, due: &Due) {
        let outcome = self.send(due).await;
        if let Err(fault) = self.settle(due, &outcome).await {
            // It is sent again in a minute: at least once is what is promised.
            tracing::warn!(
                error = service::errors::chain(&fault),
                "the outcome of a delivery was not kept"
            );
        }
    }

    /// Writes down how it went. An endpoint that is gone for good is switched off.
    async fn settle(&self, due: &Due, outcome: &Outcome) -> Result<(), Fault> {
        let mut change = Change::begin(&self.db, &Caller::clock()).await?;
        deliveries::settle(change.transaction(), due, outcome).await?;
        if matches!(outcome, Outcome::Gone(_)) {
            let held = endpoints::lock(change.transaction(), due.endpoint_id).await?;
            if let Some(before) = held.filter(|endpoint| endpoint.enabled) {
                let after = Endpoint {
                    enabled: false,
                    version: before.version.saturating_add(1),
                    ..before.clone()
                };
                endpoints::update(change.transaction(), &after, None).await?;
                let note = Note::new("webhook.switched_off", after.tenant_id, after.id);
                change.note(note.before(&before).after(&after));
            }
        }
        change.commit().await
    }

    async fn send(&self, due: &Due) -> Outcome {
        let outcome = match self.post(due).await {
            Ok(status) if (200..300).contains(&status) => Outcome::Delivered(status),
            Ok(410) => Outcome::Gone(410),
            Ok(status) => self.failed(due, Some(status), format!("the endpoint answered {status}")),
            Err(reason) => self.failed(due, None, reason),
        };
        let label = match &outcome {
            Outcome::Delivered(_) => "delivered",
            Outcome::Gone(_) => "gone",
            Outcome::Failed { again_in: None, .. } => "given_up",
            Outcome::Failed { .. } => "failed",
        };
        self.attempts.add(1, &[KeyValue::new("outcome", label)]);
        outcome
    }

    async fn post(&self, due: &Due) -> Result<u16, String> {
        let url: Url = due.url.parse().map_err(|_| "the address is not a URL")?;
        if !self.settings.allow_private_addresses && is_refused_literal(&url) {
            return Err("the address is not in the public network".to_owned());
        }
        let body = serde_json::to_string(&due.event).map_err(|error| error.to_string())?;
        let id = due.event.id.to_string();
        let timestamp_s = jiff::Timestamp::now().as_second();
        let mut signatures = Vec::with_capacity(due.secrets.len());
        for sealed in &due.secrets {
            let place = super::super::secret_place(due.endpoint_id);
            let secret = self.vault.unseal(&place, sealed);
            let secret = secret.map_err(|error| error.to_string())?;
            let signature = signature::sign(&secret, &id, timestamp_s, &body);
            signatures.push(signature.ok_or("the secret of the endpoint is not usable")?);
        }
        let request = self
            .client
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp_s)
            .header("webhook-signature", signatures.join(" "))
            .body(body);
        let answer = request.send().await;
        let answer = answer.map_err(|error| service::errors::chain(&error.without_url()))?;
        Ok(answer.status().as_u16())
    }

    fn failed(&self, due: &Due, status: Option<u16>, error: String) -> Outcome {
        let attempts = u32::try_from(due.attempts).unwrap_or(u32::MAX);
        let again_in = (attempts < u32::from(self.settings.attempts)).then(|| {
            backoff::wait(
                attempts,
                Duration::from_millis(self.settings.first_delay_ms),
                Duration::from_millis(self.settings.longest_delay_ms),
                rand::random(),
            )
        });
        Outcome::Failed {
            status,
            error,
            again_in,
        }
    }
}
