//! OpenID Connect: codes, tokens, keys.
#![doc = include_str!("README.md")]

mod api;
mod data;
mod domain;
mod key_ring;
mod tokens;

pub(crate) use api::{caller, install, routes};
pub(crate) use data::families::{end_all, end_session, purge};
pub(crate) use data::requests::find as waiting;
pub(crate) use key_ring::{Keys, rotate, tidy};

use data::{codes, families, keys, requests};
use pg::{Db, DbError, Migration};

/// The name of the capsule and of its PostgreSQL schema.
pub(crate) const CAPSULE: &str = "oidc";

pub(crate) fn migrations() -> Vec<Migration> {
    vec![
        Migration {
            name: "V1__create_family",
            sql: include_str!("migrations/V1__create_family.sql"),
        },
        Migration {
            name: "V2__add_request_account",
            sql: include_str!("migrations/V2__add_request_account.sql"),
        },
    ]
}

/// Removes what has ended.
pub(crate) async fn prune(db: &Db) -> Result<(), DbError> {
    requests::prune(db).await?;
    codes::prune(db).await?;
    families::prune(db).await
}

pub(crate) use keys::{list as list_keys, remove as remove_key};
