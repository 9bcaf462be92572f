//! Counters in PostgreSQL.

pub(crate) mod counters;
