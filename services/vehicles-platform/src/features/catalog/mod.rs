//! The catalogue: year, make, model, trim, engine, transmission of every release, over HTTP.
#![doc = include_str!("README.md")]

mod api;
mod catalog_service;
mod data;
mod domain;
mod error;
#[cfg(test)]
mod tests;

pub(crate) use api::{respond, routes};
pub(crate) use catalog_service::Catalog;
pub(crate) use error::CatalogError;
