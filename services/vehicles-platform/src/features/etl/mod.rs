//! The ETL: an NHTSA vPIC release becomes a live schema.

pub(crate) mod domain;
