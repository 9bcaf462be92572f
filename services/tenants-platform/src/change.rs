//! A change: what it does, its audit entries and its events take effect together or not at all.

use crate::caller::Caller;
use crate::fault::Fault;
use crate::features::{audit, webhooks};
use pg::{Db, Transaction};
use serde::Serialize;
use serde_json::Value;
use std::fmt::Display;
use uuid::Uuid;

/// One thing that a change did.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    /// What was done, for example `tenant.suspended`; the type of the event too.
    pub(crate) action: &'static str,
    pub(crate) tenant: Option<Uuid>,
    /// What it was done to.
    pub(crate) subject: String,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
}

/// A change on its way.
pub(crate) struct Change {
    transaction: Transaction,
    caller: Caller,
    notes: Vec<Note>,
}

impl Change {
    pub(crate) async fn begin(db: &Db, caller: &Caller) -> Result<Self, Fault> {
        Ok(Self {
            transaction: db.begin().await?,
            caller: caller.clone(),
            notes: Vec::new(),
        })
    }

    /// What the statements of the change run in.
    pub(crate) fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    /// Writes down what was done. No secret belongs in it.
    pub(crate) fn note(&mut self, note: Note) {
        self.notes.push(note);
    }

    /// Makes it take effect. The notes are written last: from there on changes wait for each other, so that the order of
    /// the entries and of the events is the order in which they took effect.
    pub(crate) async fn commit(self) -> Result<(), Fault> {
        if !self.notes.is_empty() {
            audit::append(&self.transaction, &self.caller, &self.notes).await?;
            webhooks::publish(&self.transaction, &self.notes).await?;
        }
        Ok(self.transaction.commit().await?)
    }
}

impl Note {
    /// `tenant`: whose change it is; `None` for one of the installation.
    pub(crate) fn new(
        action: &'static str,
        tenant: impl Into<Option<Uuid>>,
        subject: impl Display,
    ) -> Self {
        Self {
            action,
            tenant: tenant.into(),
            subject: subject.to_string(),
            before: None,
            after: None,
        }
    }

    #[must_use]
    pub(crate) fn before(mut self, before: &impl Serialize) -> Self {
        self.before = serde_json::to_value(before).ok();
        self
    }

    #[must_use]
    pub(crate) fn after(mut self, after: &impl Serialize) -> Self {
        self.after = serde_json::to_value(after).ok();
        self
    }
}
