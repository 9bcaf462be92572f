//! Putting an answer together, and keeping it for a few seconds.

pub(crate) mod answers;
