//! Tenants: their life, their plan, and what they use of it.
#![doc = include_str!("README.md")]

mod api;
mod data;
mod domain;
mod lifecycle;

pub(crate) use api::routes;
pub(crate) use data::idempotency::prune as prune_idempotency;
pub(crate) use data::plans::of_name as plan_of;
pub(crate) use data::tenants::{find, find_all, lock_living, require};
pub(crate) use data::usage::prune as prune_usage;
pub(crate) use data::usage::{count_requests, quota_of, reserve, take_over, today};
pub(crate) use domain::metric::Metric;
pub(crate) use domain::plan::Plan;
pub(crate) use lifecycle::{Imported, import, purge_due};

use data::{plans, tenants, usage};
use pg::Migration;

/// The name of the capsule and of its PostgreSQL schema.
pub(crate) const CAPSULE: &str = "tenants";

pub(crate) fn migrations() -> Vec<Migration> {
    vec![
        Migration {
            name: "V1__create_tenant",
            sql: include_str!("migrations/V1__create_tenant.sql"),
        },
        Migration {
            name: "V2__add_plan_rate",
            sql: include_str!("migrations/V2__add_plan_rate.sql"),
        },
        Migration {
            name: "V3__add_usage_counted_at",
            sql: include_str!("migrations/V3__add_usage_counted_at.sql"),
        },
    ]
}
