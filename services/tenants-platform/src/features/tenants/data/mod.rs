//! Tenants, plans and usage in PostgreSQL.

pub(crate) mod idempotency;
pub(crate) mod plans;
pub(crate) mod tenants;
pub(crate) mod usage;
