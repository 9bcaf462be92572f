//! The service as its callers see it: the real program, a real PostgreSQL, a real Redis.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests stop at the first surprise"
)]

mod api_keys;
mod audit;
mod configuration;
mod events;
mod house;
mod lifecycle;
mod mail;
mod memberships;
mod openapi;
mod transfer;
mod usage;
mod validation;
mod webhooks;
