//! The capsules of this service.

pub(crate) mod activity;
pub(crate) mod deferred;
pub(crate) mod idempotency;
pub(crate) mod platform_data;
pub(crate) mod vehicles;
