//! VINs over HTTP.

mod batch;
mod handlers;
mod lines;

pub(crate) use handlers::routes;
