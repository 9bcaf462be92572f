//! Those who are asked: the vehicles platform, and NHTSA's public API.

pub(super) mod nhtsa;
pub(super) mod platform;
