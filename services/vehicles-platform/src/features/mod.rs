//! The capsules of this service.

pub(crate) mod catalog;
pub(crate) mod etl;
pub(crate) mod vin;
