//! What an event looks like on its way, where it may go, and when it is tried again. Pure.

pub(crate) mod address;
pub(crate) mod backoff;
pub(crate) mod signature;
