//! Who changed what.
#![doc = include_str!("README.md")]

mod api;
mod data;
mod domain;

pub(crate) use api::routes;
pub(crate) use data::{Entry, blank, insert, list};
pub(crate) use domain::Note;

use pg::Migration;

/// The name of the capsule and of its PostgreSQL schema.
pub(crate) const CAPSULE: &str = "activity";

pub(crate) fn migrations() -> Vec<Migration> {
    vec![
        Migration {
            name: "V1__create_entry",
            sql: include_str!("migrations/V1__create_entry.sql"),
        },
        Migration {
            name: "V2__blank_entries",
            sql: include_str!("migrations/V2__blank_entries.sql"),
        },
    ]
}
