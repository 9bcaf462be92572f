//! Keys, plans' values and tenants' versions in PostgreSQL.

pub(crate) mod keys;
pub(crate) mod values;
