//! What an account is made of. Pure.

pub(crate) mod email;
pub(crate) mod password;
pub(crate) mod role;
