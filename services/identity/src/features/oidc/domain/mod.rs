//! What requests ask for and tokens say. Pure.

pub(crate) mod parameters;
pub(crate) mod pkce;
pub(crate) mod question;
pub(crate) mod scope;
