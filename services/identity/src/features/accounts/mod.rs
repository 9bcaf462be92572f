//! Accounts: who people are, and how they prove it.
#![doc = include_str!("README.md")]

mod api;
mod data;
mod domain;
mod hashing;
mod leaving;
mod linking;

pub(crate) use api::{install, routes};
pub(crate) use data::accounts::{
    Account, find, find_by_email, insert, lock, lock_admins, read, set_password, set_role,
};
pub(crate) use domain::email::Email;
pub(crate) use domain::role::Role;
pub(crate) use hashing::{Passwords, check, choose, knows_password};
pub(crate) use leaving::end_all;
pub(crate) use linking::send_verification;

use data::{accounts, links};
use pg::Migration;

/// The name of the capsule and of its PostgreSQL schema.
pub(crate) const CAPSULE: &str = "accounts";

pub(crate) fn migrations() -> Vec<Migration> {
    vec![
        Migration {
            name: "V1__create_account",
            sql: include_str!("migrations/V1__create_account.sql"),
        },
        Migration {
            name: "V2__add_email_links",
            sql: include_str!("migrations/V2__add_email_links.sql"),
        },
    ]
}

pub(crate) use links::prune;
