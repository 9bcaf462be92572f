//! The capsules of this service.

pub(crate) mod platform_data;
