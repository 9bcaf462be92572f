//! The audit: who did what, when, and what it changed; append-only and chained by hashes.
#![doc = include_str!("README.md")]

mod api;
mod data;
mod domain;

pub(crate) use api::{lines_of, routes};
pub(crate) use data::entries::append;
pub(crate) use data::verify::verify;
pub(crate) use domain::chain::Head;

use data::entries;
use pg::Migration;

/// The name of the capsule and of its PostgreSQL schema.
pub(crate) const CAPSULE: &str = "audit";

pub(crate) fn migrations() -> Vec<Migration> {
    vec![Migration {
        name: "V1__create_entry",
        sql: include_str!("migrations/V1__create_entry.sql"),
    }]
}
