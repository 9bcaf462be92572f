//! The outbox: mail that is sent when a server takes it.
#![doc = include_str!("README.md")]

mod data;
mod sender;

pub(crate) use data::messages::{Letter, put};
pub(crate) use sender::Sender;

use data::messages;
use pg::Migration;

/// The name of the capsule and of its PostgreSQL schema.
pub(crate) const CAPSULE: &str = "outbox";

pub(crate) fn migrations() -> Vec<Migration> {
    vec![Migration {
        name: "V1__create_message",
        sql: include_str!("migrations/V1__create_message.sql"),
    }]
}
