//! Accounts and links in PostgreSQL.

pub(crate) mod accounts;
pub(crate) mod links;
