//! Factors and recovery codes in PostgreSQL.

pub(crate) mod factors;
