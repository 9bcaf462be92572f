//! What an archive holds. Pure.

pub(crate) mod archive;
