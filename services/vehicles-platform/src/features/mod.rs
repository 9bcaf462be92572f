//! The capsules of this service.

pub(crate) mod etl;
