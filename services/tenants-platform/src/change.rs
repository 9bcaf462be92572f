//! A change: what it does, its audit entries and its events take effect together or not at all.

use crate::caller::Caller;
use crate::features::webhooks;
use audit::Note;
use fault::Fault;
use pg::{Db, Transaction};

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
            audit::append(&self.transaction, &self.caller.by(), &self.notes).await?;
            webhooks::publish(&self.transaction, &self.notes).await?;
        }
        Ok(self.transaction.commit().await?)
    }
}
