//! What a change of members comes to. Pure.

pub(crate) mod letter;
pub(crate) mod owners;
