//! Sending to other people's servers.

mod public_only;
pub(crate) mod sender;
mod under_way;
