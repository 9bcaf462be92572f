//! VIN decoding over HTTP and on the command line.
#![doc = include_str!("README.md")]

mod api;
mod data;
mod decoding;
mod domain;
mod error;
#[cfg(test)]
mod tests;

pub(crate) use api::routes;
pub(crate) use decoding::Decoding;
pub(crate) use domain::answer::answer;
pub(crate) use domain::question::{Question, as_of};
pub(crate) use error::VinError;
