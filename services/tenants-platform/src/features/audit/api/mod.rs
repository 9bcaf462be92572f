//! The audit over HTTP.

mod export;
mod handlers;

pub(crate) use handlers::routes;
