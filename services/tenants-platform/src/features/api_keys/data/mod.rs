//! Keys and their usage in PostgreSQL.

pub(crate) mod keys;
