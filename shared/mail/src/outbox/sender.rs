//! The task that sends.

use super::messages::{self, Due};
use super::{Letter, Outbox};
use crate::{MailError, Mailer, Message};
use fault::Fault;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Counter;
use std::sync::Arc;
use std::time::Duration;

/// Other instances' mail, and what was postponed, is looked for so often.
const INTERVAL: Duration = Duration::from_secs(2);
const FIRST_DELAY_S: f64 = 5.0;
const LONGEST_DELAY_S: f64 = 900.0;

/// Sends what is in the outbox.
pub struct Sender {
    outbox: Arc<Outbox>,
    /// Without one, links go to the log.
    mailer: Option<Mailer>,
    attempts: Counter<u64>,
}

impl Sender {
    /// Without a mailer it writes links to the log: for one person's own machine only.
    pub fn new(outbox: Arc<Outbox>, mailer: Option<Mailer>) -> Self {
        let attempts = opentelemetry::global::meter("mail")
            .u64_counter("mvp_mail_attempts")
            .with_description("Attempts to send a mail, by outcome")
            .build();
        Self {
            outbox,
            mailer,
            attempts,
        }
    }

    /// Never returns.
    pub async fn run(self) {
        loop {
            match self.round().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(Fault::Database(error)) if error.is_passing() => {}
                Err(fault) => tracing::error!(
                    error = service::errors::chain(&fault),
                    "mail could not be looked after"
                ),
            }
            // Whichever comes first.
            let _ = tokio::time::timeout(INTERVAL, self.outbox.rung.notified()).await;
        }
    }

    /// Sends a mail that is due; false when none was.
    async fn round(&self) -> Result<bool, Fault> {
        let due = messages::claim(&self.outbox.db).await?;
        if let Some(due) = &due {
            self.handle(due).await?;
        }
        Ok(due.is_some())
    }

    async fn handle(&self, due: &Due) -> Result<(), Fault> {
        let db = &self.outbox.db;
        let outcome = if due.is_over {
            Ok("over")
        } else {
            match messages::open(&self.outbox.vault, due) {
                Ok(letter) => self.deliver(&letter).await,
                Err(fault) => {
                    tracing::error!(error = service::errors::chain(&fault), "a mail is lost");
                    Err(MailError::Message)
                }
            }
        };
        let (label, error) = match outcome {
            Ok(label) => (label, None),
            Err(error) if error.is_final() || due.is_old => ("given_up", Some(error)),
            Err(error) => {
                let exponent = due.attempts.saturating_sub(1).clamp(0, 20);
                let delay_s = (FIRST_DELAY_S * f64::from(exponent).exp2()).min(LONGEST_DELAY_S);
                messages::postpone(db, due.id, delay_s).await?;
                self.count("failed");
                tracing::warn!(%error, status = error.status(), "a mail must wait");
                return Ok(());
            }
        };
        messages::delete(db, due.id).await?;
        self.count(label);
        if let Some(error) = error {
            tracing::error!(%error, status = error.status(), "a mail is given up");
        }
        Ok(())
    }

    async fn deliver(&self, letter: &Letter) -> Result<&'static str, MailError> {
        let Some(to) = &letter.to else {
            return Ok("nobody");
        };
        let Some(mailer) = &self.mailer else {
            let link = letter.link.as_deref();
            tracing::info!(subject = letter.subject, link, "mail is not set up");
            return Ok("logged");
        };
        let message = Message {
            to: to.clone(),
            subject: letter.subject.clone(),
            text: letter.text.clone(),
        };
        mailer.send(&message).await.map(|()| "sent")
    }

    fn count(&self, outcome: &'static str) {
        self.attempts.add(1, &[KeyValue::new("outcome", outcome)]);
    }
}
