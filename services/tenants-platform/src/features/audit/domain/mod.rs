//! The chain of hashes. Pure.

pub(crate) mod chain;
