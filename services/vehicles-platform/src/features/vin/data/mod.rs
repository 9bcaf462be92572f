//! The index of a release, out of PostgreSQL.

pub(crate) mod vin_index;
