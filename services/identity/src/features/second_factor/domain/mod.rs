//! Codes by the time. Pure.

pub(crate) mod totp;
