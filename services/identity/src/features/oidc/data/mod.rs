//! Keys, requests, codes and families in PostgreSQL.

pub(crate) mod codes;
pub(crate) mod families;
pub(crate) mod keys;
pub(crate) mod requests;
