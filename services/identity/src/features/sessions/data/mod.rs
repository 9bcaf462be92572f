//! Sessions and unfinished sign-ins in PostgreSQL.

pub(crate) mod attempts;
pub(crate) mod sessions;
