//! VINs as callers see them: the real program, on the command line and over HTTP, on real stores.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

mod batches;
mod catalogue_ids;
mod index;
mod nhtsa_answers;
mod questions;

#[path = "../etl/harness.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "the other half is for the tests of the ETL"
)]
mod etl;
#[path = "../catalog/service.rs"]
#[allow(dead_code, reason = "the other half is for the tests of the catalogue")]
mod service;
