//! Messages in PostgreSQL.

pub(crate) mod messages;
