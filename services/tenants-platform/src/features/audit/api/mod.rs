//! The audit over HTTP.

mod export;
mod handlers;

pub(crate) use export::lines_of;
pub(crate) use handlers::routes;
