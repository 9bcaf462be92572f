//! What a vehicle is here, and the rules it follows.

pub(crate) mod energy;
pub(crate) mod filled_in;
pub(crate) mod order;
pub(crate) mod photo;
pub(crate) mod profile;
pub(crate) mod reading;
pub(crate) mod specification;
pub(crate) mod units;
pub(crate) mod vehicle;
pub(crate) mod vin;
