//! Mail on its way: kept in a table until a server takes it.

mod messages;
mod sender;

pub use sender::Sender;

use fault::Fault;
use jiff::Timestamp;
use pg::{Db, Migration, Transaction};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::Notify;
use uuid::Uuid;
use vault::Vault;

/// The name of the PostgreSQL schema.
pub const SCHEMA: &str = "outbox";

/// What makes the table.
pub fn migrations() -> Vec<Migration> {
    vec![
        Migration {
            name: "V1__create_message",
            sql: include_str!("migrations/V1__create_message.sql"),
        },
        Migration {
            name: "V2__add_until",
            sql: include_str!("migrations/V2__add_until.sql"),
        },
    ]
}

/// A mail with a link.
#[derive(Clone, Serialize, Deserialize)]
pub struct Letter {
    /// `None`: it is for nobody, and never sent.
    pub to: Option<String>,
    /// Its subject.
    pub subject: String,
    /// Its text, with the link.
    pub text: String,
    /// The link alone, for an installation without a mail server.
    pub link: Option<String>,
    /// When the link ends: from then on the mail is not sent any more.
    #[serde(skip)]
    pub until: Option<Timestamp>,
}

/// Where mail waits.
pub struct Outbox {
    db: Db,
    vault: Arc<Vault>,
    rung: Notify,
}

impl Outbox {
    /// The outbox of a database. What mails say is sealed by the vault.
    pub fn new(db: Db, vault: Arc<Vault>) -> Self {
        Self {
            db,
            vault,
            rung: Notify::new(),
        }
    }

    /// Puts a mail in, to be sent once the transaction has taken effect. The id is the caller's, to take it back by.
    pub async fn put(
        &self,
        transaction: &Transaction,
        id: Uuid,
        letter: &Letter,
    ) -> Result<(), Fault> {
        let sealed = messages::seal(&self.vault, id, letter)?;
        Ok(messages::insert(transaction, id, &sealed, letter.until).await?)
    }

    /// Takes a mail back, if it has not been sent yet, once the transaction has taken effect.
    pub async fn take_back(&self, transaction: &Transaction, id: Uuid) -> Result<(), Fault> {
        Ok(messages::remove(transaction, id).await?)
    }

    /// Wakes the sender of this process, after a transaction has taken effect.
    pub fn ring(&self) {
        self.rung.notify_one();
    }
}
