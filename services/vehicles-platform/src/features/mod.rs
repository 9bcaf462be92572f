//! The features of the service, one capsule each.

pub(crate) mod etl;
