//! How an invitation reaches the person: by mail, or by the caller.

use super::data::invitations::Invitation;
use super::domain::letter;
use crate::settings::InvitationSettings;
use fault::Fault;
use mail::outbox::{Letter, Outbox};
use pg::Transaction;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// How an invitation reaches the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Delivery {
    /// It is mailed to the address.
    Mail,
    /// The caller hands the link on.
    Link,
}

/// What invitations need beside the database.
pub(crate) struct Inviting {
    pub(super) settings: InvitationSettings,
    outbox: Arc<Outbox>,
    /// Whether somebody sends what is in the outbox.
    is_mailed: bool,
}

impl Inviting {
    pub(crate) fn new(settings: InvitationSettings, outbox: Arc<Outbox>, is_mailed: bool) -> Self {
        Self {
            settings,
            outbox,
            is_mailed,
        }
    }

    pub(super) fn link(&self, token: &str) -> String {
        self.settings.link.replace("{token}", token)
    }

    /// Puts the mail into the outbox, where there is an address and a way.
    pub(super) async fn send(
        &self,
        transaction: &Transaction,
        invitation: &Invitation,
        tenant: &str,
        inviter: Option<&str>,
        link: &str,
    ) -> Result<Delivery, Fault> {
        let Some(to) = invitation.email.as_ref().filter(|_| self.is_mailed) else {
            return Ok(Delivery::Link);
        };
        let ends_at = invitation.expires_at;
        let words = letter::words(tenant, invitation.role, inviter, link, ends_at);
        let letter = Letter {
            to: Some(to.clone()),
            subject: words.subject,
            text: words.text,
            link: Some(link.to_owned()),
            until: Some(ends_at),
        };
        self.outbox.put(transaction, invitation.id, &letter).await?;
        Ok(Delivery::Mail)
    }

    /// Wakes the sender, once the transaction has taken effect.
    pub(super) fn ring(&self) {
        self.outbox.ring();
    }

    /// Nobody needs the mail of an invitation any more, if it still waits.
    pub(super) async fn take_back(
        &self,
        transaction: &Transaction,
        invitation: Uuid,
    ) -> Result<(), Fault> {
        self.outbox.take_back(transaction, invitation).await
    }
}
