//! A change: what it does and its audit entries take effect together or not at all.

use audit::{By, Note};
use fault::Fault;
use pg::{Db, Transaction};

/// A change on its way.
pub(crate) struct Change {
    transaction: Transaction,
    by: By,
    notes: Vec<Note>,
}

impl Change {
    pub(crate) async fn begin(db: &Db, by: By) -> Result<Self, Fault> {
        Ok(Self {
            transaction: db.begin().await?,
            by,
            notes: Vec::new(),
        })
    }

    /// What the statements of the change run in.
    pub(crate) fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    /// Writes down what was done. No secret and no address of mail belongs in it.
    pub(crate) fn note(&mut self, note: Note) {
        self.notes.push(note);
    }

    /// Makes it take effect. The entries are written last: from there on changes wait for each other.
    pub(crate) async fn commit(self) -> Result<(), Fault> {
        if !self.notes.is_empty() {
            audit::append(&self.transaction, &self.by, &self.notes).await?;
        }
        Ok(self.transaction.commit().await?)
    }
}

/// Writes down what was not a change: a sign-in that failed, a limit that was reached.
pub(crate) async fn record(db: &Db, by: By, note: Note) -> Result<(), Fault> {
    let mut change = Change::begin(db, by).await?;
    change.note(note);
    change.commit().await
}
