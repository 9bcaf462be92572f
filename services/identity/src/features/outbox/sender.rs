//! The task that sends.

use super::messages::{self, Due, Letter};
use crate::state::State;
use actix_web::web::Data;
use fault::Fault;
use mail::{MailError, Mailer, Message};
use opentelemetry::KeyValue;
use opentelemetry::metrics::Counter;
use std::time::Duration;

/// Other instances' mail, and what was postponed, is looked for so often.
const INTERVAL: Duration = Duration::from_secs(2);
const FIRST_DELAY_S: f64 = 5.0;
const LONGEST_DELAY_S: f64 = 900.0;

/// Sends what is in the outbox.
pub(crate) struct Sender {
    state: Data<State>,
    /// Without one, links go to the log.
    mailer: Option<Mailer>,
    sent: Counter<u64>,
}

impl Sender {
    pub(crate) fn new(state: Data<State>) -> Result<Self, MailError> {
        let mail = &state.settings.mail;
        let smtp = mail.smtp.as_ref().filter(|_| !mail.links_to_log);
        let mailer = smtp.map(|smtp| Mailer::new(&mail.from, smtp));
        let sent = opentelemetry::global::meter("identity")
            .u64_counter("mvp_mail_attempts")
            .with_description("Attempts to send a mail, by outcome")
            .build();
        Ok(Self {
            mailer: mailer.transpose()?,
            state,
            sent,
        })
    }

    /// Never returns.
    pub(crate) async fn run(self) {
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
            let _ = tokio::time::timeout(INTERVAL, self.state.mail_waits.notified()).await;
        }
    }

    /// Sends what is due; false when nothing was.
    async fn round(&self) -> Result<bool, Fault> {
        let due = messages::claim(&self.state.db).await?;
        for message in &due {
            self.handle(message).await?;
        }
        Ok(!due.is_empty())
    }

    async fn handle(&self, due: &Due) -> Result<(), Fault> {
        let db = &self.state.db;
        let outcome = match messages::open(&self.state, due) {
            Ok(letter) => self.deliver(&letter).await,
            Err(fault) => {
                tracing::error!(error = service::errors::chain(&fault), "a mail is lost");
                Err(MailError::Message)
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
        self.sent.add(1, &[KeyValue::new("outcome", outcome)]);
    }
}
