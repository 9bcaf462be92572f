//! Limits: how often somebody may guess.
#![doc = include_str!("README.md")]

mod data;

pub(crate) use data::counters::{Limit, forget, prune, take, unlock};

use pg::Migration;

/// The name of the capsule and of its PostgreSQL schema.
pub(crate) const CAPSULE: &str = "limits";

pub(crate) fn migrations() -> Vec<Migration> {
    vec![Migration {
        name: "V1__create_counter",
        sql: include_str!("migrations/V1__create_counter.sql"),
    }]
}
