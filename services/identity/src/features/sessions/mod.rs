//! Sessions: who is signed in, in which browser.
#![doc = include_str!("README.md")]

mod api;
mod data;
mod entering;

pub(crate) use api::{device, install, list_section, refuse};
pub(crate) use data::sessions::{end_all, hold, keep, prune};
pub(crate) use entering::{
    Signed, current, end_named, leave, obstacle, open, proceed, require, sign_out,
};

use data::{attempts, sessions};
use pg::Migration;

/// The name of the capsule and of its PostgreSQL schema.
pub(crate) const CAPSULE: &str = "sessions";

pub(crate) fn migrations() -> Vec<Migration> {
    vec![
        Migration {
            name: "V1__create_session",
            sql: include_str!("migrations/V1__create_session.sql"),
        },
        Migration {
            name: "V2__add_refresh_until",
            sql: include_str!("migrations/V2__add_refresh_until.sql"),
        },
    ]
}
