//! Export and import over HTTP.

mod handlers;

pub(crate) use handlers::routes;
