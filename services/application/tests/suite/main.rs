//! The service as its callers see it: the real program, a real vehicles platform, a real Redis.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests stop at the first surprise"
)]

mod attacks;
mod decoding;
mod house;
mod isolation;
mod later;
mod lists;
mod nhtsa;
mod openapi;
mod outages;
mod photos;
mod platform;
mod readings;
mod statements;
mod stores;
mod taken_out;
mod tenancy;
mod tenants;
mod town;
mod usage;
mod vehicles;
mod vins;

/// The issuer is that of the tests of `access`; not all of it is needed here.
#[path = "../../../../shared/access/tests/issuer/mod.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "the other half is for the tests of tokens"
)]
mod issuer;
