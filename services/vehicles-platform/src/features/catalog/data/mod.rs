//! The catalogue in PostgreSQL: one query a file, read into the types of the contract.

mod configurations;
mod lists;
pub(super) mod queries;
pub(super) mod search_entries;

pub(super) use lists::{answer, narrowed};
