//! Memberships: which person belongs to which tenant, and what it may do there.
#![doc = include_str!("README.md")]

mod api;
mod data;
mod domain;
mod inviting;

pub(crate) use api::routes;
pub(crate) use data::invitations::prune as prune_invitations;
pub(crate) use data::members::{add_first_owner, all_of, import, purge, role_of};
pub(crate) use inviting::Inviting;

use data::{invitations, members};
use pg::Migration;

/// The name of the capsule and of its PostgreSQL schema.
pub(crate) const CAPSULE: &str = "memberships";

pub(crate) fn migrations() -> Vec<Migration> {
    vec![Migration {
        name: "V1__create_member",
        sql: include_str!("migrations/V1__create_member.sql"),
    }]
}
