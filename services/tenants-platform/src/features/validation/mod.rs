//! Validation: whether a tenant may be served now, in one short answer.
#![doc = include_str!("README.md")]

mod api;
mod data;

pub(crate) use api::routes;
pub(crate) use data::answers::Validations;
