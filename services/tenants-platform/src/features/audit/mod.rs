//! The audit: who did what, when, and what it changed; append-only and chained by hashes.
#![doc = include_str!("README.md")]

mod api;

pub(crate) use api::{lines_of, routes};
