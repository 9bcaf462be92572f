//! Messages, sealed.

use crate::state::State;
use fault::Fault;
use pg::{Db, DbError, Transaction};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A mail with a link.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Letter {
    /// `None`: it is for nobody, and never sent.
    pub(crate) to: Option<String>,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) link: Option<String>,
}

/// A mail that is due.
#[derive(Debug)]
pub(crate) struct Due {
    pub(crate) id: Uuid,
    pub(crate) sealed: Vec<u8>,
    pub(crate) attempts: i32,
    /// It was tried for long enough.
    pub(crate) is_old: bool,
}

fn place(id: Uuid) -> String {
    format!("outbox/{id}")
}

/// Puts a mail into the outbox, to be sent once the transaction has taken effect.
pub(crate) async fn put(
    state: &State,
    transaction: &Transaction,
    letter: &Letter,
) -> Result<(), Fault> {
    let id = Uuid::now_v7();
    let text = serde_json::to_string(letter);
    let text = text.map_err(|error| Fault::broken("a mail cannot be written", error))?;
    let sealed = state.vault.seal(&place(id), &text);
    let sealed = sealed.map_err(|error| Fault::broken("a mail cannot be sealed", error))?;
    let sql = include_str!("queries/insert.sql");
    transaction.execute(sql, &[&id, &sealed]).await?;
    Ok(())
}

/// What is due, claimed for a minute.
pub(crate) async fn claim(db: &Db) -> Result<Vec<Due>, DbError> {
    let rows = db.query(include_str!("queries/claim.sql"), &[]).await?;
    let due = rows.iter().map(|row| Due {
        id: row.get("id"),
        sealed: row.get("sealed"),
        attempts: row.get("attempts"),
        is_old: row.get("is_old"),
    });
    Ok(due.collect())
}

/// What a mail says.
pub(crate) fn open(state: &State, due: &Due) -> Result<Letter, Fault> {
    let text = state.vault.unseal(&place(due.id), &due.sealed);
    let text = text.map_err(|error| Fault::broken("a mail cannot be opened", error))?;
    serde_json::from_str(&text).map_err(|error| Fault::broken("a mail cannot be read", error))
}

pub(crate) async fn delete(db: &Db, id: Uuid) -> Result<(), DbError> {
    db.query(include_str!("queries/delete.sql"), &[&id])
        .await
        .map(|_| ())
}

pub(crate) async fn postpone(db: &Db, id: Uuid, delay_s: f64) -> Result<(), DbError> {
    db.query(include_str!("queries/postpone.sql"), &[&id, &delay_s])
        .await
        .map(|_| ())
}
