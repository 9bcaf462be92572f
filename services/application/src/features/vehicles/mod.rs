//! People's vehicles: what they are, where their odometers stand, who may see them.
#![doc = include_str!("README.md")]

mod api;
mod data;
mod decoding;
mod domain;
mod keeping;
mod later;
mod logbook;

pub(crate) use api::routes;
pub(crate) use data::photos::stored_bytes;
pub(crate) use data::readings::forget_old as forget_readings;
pub(crate) use data::vehicles::count;
pub(crate) use later::{DECODE, PURGE, decode_later, purge_later};

use data::{photos, readings, vehicles};
use domain::{filled_in, photo, profile, reading, specification, units, vehicle, vin};
use pg::Migration;

/// The name of the capsule and of its PostgreSQL schema.
pub(crate) const CAPSULE: &str = "vehicles";

pub(crate) fn migrations() -> Vec<Migration> {
    vec![
        Migration {
            name: "V1__create_vehicle",
            sql: include_str!("migrations/V1__create_vehicle.sql"),
        },
        Migration {
            name: "V2__create_reading",
            sql: include_str!("migrations/V2__create_reading.sql"),
        },
        Migration {
            name: "V3__create_photo",
            sql: include_str!("migrations/V3__create_photo.sql"),
        },
        Migration {
            name: "V4__index_photo_of_tenant",
            sql: include_str!("migrations/V4__index_photo_of_tenant.sql"),
        },
        Migration {
            name: "V5__add_filled_in",
            sql: include_str!("migrations/V5__add_filled_in.sql"),
        },
    ]
}
