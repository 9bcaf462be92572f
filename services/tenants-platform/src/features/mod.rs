//! The capsules of this service.

pub(crate) mod api_keys;
pub(crate) mod audit;
pub(crate) mod configuration;
pub(crate) mod memberships;
pub(crate) mod tenants;
pub(crate) mod transfer;
pub(crate) mod validation;
pub(crate) mod webhooks;
