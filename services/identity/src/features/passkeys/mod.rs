//! Passkeys: signing in with what a device keeps, after its fingerprint, face or PIN.
#![doc = include_str!("README.md")]

mod api;
mod data;
mod domain;
mod notices;
mod questions;

pub(crate) use api::{install, section, sign_in_form};
pub(crate) use data::challenges::prune;
pub(crate) use data::passkeys::purge;
pub(crate) use notices::remove_all;

use data::{challenges, passkeys};
use pg::Migration;

/// The name of the capsule and of its PostgreSQL schema.
pub(crate) const CAPSULE: &str = "passkeys";

pub(crate) fn migrations() -> Vec<Migration> {
    vec![Migration {
        name: "V1__create_passkey",
        sql: include_str!("migrations/V1__create_passkey.sql"),
    }]
}
