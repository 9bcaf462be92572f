#![doc = include_str!("../README.md")]

mod chain;
mod entries;
mod note;
mod verify;

pub use chain::{Entry, Head, hex};
pub use entries::{Filter, append, latest, oldest};
pub use note::{By, Note};
pub use verify::{Bad, Report, verify};

use pg::Migration;

/// The name of the PostgreSQL schema.
pub const SCHEMA: &str = "audit";

/// What makes the table and keeps it append-only.
pub fn migrations() -> Vec<Migration> {
    vec![Migration {
        name: "V1__create_entry",
        sql: include_str!("V1__create_entry.sql"),
    }]
}
