//! The catalogue over HTTP.

mod answer;
mod handlers;

pub(crate) use answer::respond;
pub(crate) use handlers::routes;
