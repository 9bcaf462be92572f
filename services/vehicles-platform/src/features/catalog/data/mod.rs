//! The catalogue in PostgreSQL: one query a file, read into the types of the contract.

mod configurations;
mod lists;
pub(super) mod queries;
pub(super) mod release_watch;

pub(super) use lists::{answer, narrowed};
