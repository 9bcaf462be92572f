//! The catalogue over HTTP.

mod answer;
mod document;
mod handlers;

pub(crate) use document::{SCOPE, document};
pub(crate) use handlers::routes;
