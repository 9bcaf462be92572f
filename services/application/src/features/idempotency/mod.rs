//! Creations that are asked for twice and made once.
#![doc = include_str!("README.md")]

mod data;
mod once;

pub(crate) use data::forget_old;
pub(crate) use once::Once;

use once::Kept;
use pg::Migration;

/// The name of the capsule and of its PostgreSQL schema.
pub(crate) const CAPSULE: &str = "idempotency";

pub(crate) fn migrations() -> Vec<Migration> {
    vec![Migration {
        name: "V1__create_request",
        sql: include_str!("migrations/V1__create_request.sql"),
    }]
}
