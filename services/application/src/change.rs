//! A change: what it does and what is written down of it take effect together or not at all.

use crate::features::activity::{self, Note};
use crate::tenancy::Member;
use fault::Fault;
use pg::{Db, RowContext, Transaction};

/// A change on its way, in somebody's name.
pub(crate) struct Change {
    transaction: Transaction,
    context: RowContext,
    notes: Vec<Note>,
}

impl Change {
    /// In the name of a member.
    pub(crate) async fn begin<R>(db: &Db, member: &Member<R>) -> Result<Self, Fault> {
        Self::begin_for(db, member.context()).await
    }

    pub(crate) async fn begin_for(db: &Db, context: RowContext) -> Result<Self, Fault> {
        Ok(Self {
            transaction: db.begin_for(&context).await?,
            context,
            notes: Vec::new(),
        })
    }

    /// What the statements of the change run in.
    pub(crate) fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    /// In whose name it is.
    pub(crate) fn context(&self) -> &RowContext {
        &self.context
    }

    /// Writes down what was done.
    pub(crate) fn note(&mut self, note: Note) {
        self.notes.push(note);
    }

    /// Makes it take effect.
    pub(crate) async fn commit(self) -> Result<(), Fault> {
        for note in &self.notes {
            activity::insert(&self.transaction, &self.context, note).await?;
        }
        Ok(self.transaction.commit().await?)
    }
}
