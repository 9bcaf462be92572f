//! The ETL as an operator runs it: the real program, a real PostgreSQL, and everything that can go wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "tests stop at the first surprise"
)]

mod failures;
mod fake_sql_server;
mod formats;
mod harness;
mod interruptions;
mod mssql;
mod releases;
mod schedule;
mod whole_release;
