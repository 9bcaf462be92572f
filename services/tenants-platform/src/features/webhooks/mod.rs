//! Events: every change as a row that can be read in order, and sent to whoever subscribed.
#![doc = include_str!("README.md")]

mod api;
mod data;
mod domain;
mod external;

pub(crate) use api::routes;
pub(crate) use data::endpoints::purge;
pub(crate) use data::events::{prune, publish};
pub(crate) use external::sender::Sender;

use data::{deliveries, endpoints, events};
use pg::Migration;

/// The name of the capsule and of its PostgreSQL schema.
pub(crate) const CAPSULE: &str = "webhooks";

pub(crate) fn migrations() -> Vec<Migration> {
    vec![
        Migration {
            name: "V1__create_event",
            sql: include_str!("migrations/V1__create_event.sql"),
        },
        Migration {
            name: "V2__add_delivery_due_of_endpoint",
            sql: include_str!("migrations/V2__add_delivery_due_of_endpoint.sql"),
        },
        Migration {
            name: "V3__add_previous_secret",
            sql: include_str!("migrations/V3__add_previous_secret.sql"),
        },
    ]
}

/// What an endpoint's secret is sealed for.
fn secret_place(endpoint: uuid::Uuid) -> String {
    format!("webhooks.endpoint/{endpoint}")
}
