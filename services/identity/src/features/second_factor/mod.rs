//! The second factor: codes of an authenticator app, and recovery codes.
#![doc = include_str!("README.md")]

mod api;
mod data;
mod domain;
mod proving;

pub(crate) use api::{install, section};
pub(crate) use data::factors::{is_on, purge};
pub(crate) use proving::accept;

use data::factors;
use pg::Migration;

/// The name of the capsule and of its PostgreSQL schema.
pub(crate) const CAPSULE: &str = "second_factor";

pub(crate) fn migrations() -> Vec<Migration> {
    vec![Migration {
        name: "V1__create_factor",
        sql: include_str!("migrations/V1__create_factor.sql"),
    }]
}
