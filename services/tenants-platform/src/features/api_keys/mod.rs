//! API keys: which programs may act for a tenant, and what each may do.
#![doc = include_str!("README.md")]

mod api;
mod data;
mod domain;

pub(crate) use api::routes;
pub(crate) use data::keys::{all_of, prune, purge};

use data::keys;
use pg::Migration;

/// The name of the capsule and of its PostgreSQL schema.
pub(crate) const CAPSULE: &str = "api_keys";

pub(crate) fn migrations() -> Vec<Migration> {
    vec![
        Migration {
            name: "V1__create_key",
            sql: include_str!("migrations/V1__create_key.sql"),
        },
        Migration {
            name: "V2__create_usage_report",
            sql: include_str!("migrations/V2__create_usage_report.sql"),
        },
    ]
}
