//! VINs over HTTP.

mod batch;
mod handlers;
mod lines;
mod recent;

pub(crate) use handlers::routes;
