//! Keys, their schemas, and what a tenant has of them. Pure.

pub(crate) mod difference;
pub(crate) mod effective;
pub(crate) mod key;
