//! The table of entries.

pub(crate) mod entries;
pub(crate) mod verify;
