//! The catalogue as its callers see it: the real program over HTTP, on real stores.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

mod answers;
mod http_caching;
mod openapi;
mod release_switch;
mod service;
mod shipped_release;
mod stores;
mod wrong_questions;

/// The database and the program's settings are those of the ETL's tests; not all of it is needed here.
#[path = "../etl/harness.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "the other half is for the tests of the ETL"
)]
mod etl;
