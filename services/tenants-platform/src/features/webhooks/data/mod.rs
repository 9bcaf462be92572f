//! Events, endpoints and deliveries in PostgreSQL.

pub(crate) mod deliveries;
pub(crate) mod endpoints;
pub(crate) mod events;
