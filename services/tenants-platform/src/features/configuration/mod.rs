//! Configuration: registered keys, and what each has for a tenant.
#![doc = include_str!("README.md")]

mod api;
mod data;
mod domain;
mod moving;

pub(crate) use api::routes;
pub(crate) use data::values::{purge, version_of};
pub(crate) use domain::key::Key;
pub(crate) use moving::{import, plain_values};

use data::{keys, values};
use pg::Migration;

/// The name of the capsule and of its PostgreSQL schema.
pub(crate) const CAPSULE: &str = "configuration";

pub(crate) fn migrations() -> Vec<Migration> {
    vec![
        Migration {
            name: "V1__create_key",
            sql: include_str!("migrations/V1__create_key.sql"),
        },
        Migration {
            name: "V2__create_revision",
            sql: include_str!("migrations/V2__create_revision.sql"),
        },
    ]
}

/// What a secret value is sealed for.
fn secret_place(tenant: uuid::Uuid, key: &str) -> String {
    format!("configuration.value/{tenant}/{key}")
}
