//! The form of a key, its scopes and its networks. Pure.

pub(crate) mod network;
pub(crate) mod scope;
pub(crate) mod secret;
