//! Transfer: everything the platform keeps of a tenant as one archive, and out of such an archive a tenant.
#![doc = include_str!("README.md")]

mod api;
mod domain;
mod moving;

pub(crate) use api::routes;
