//! Vehicles and what belongs to them, in PostgreSQL.

pub(crate) mod photos;
pub(crate) mod readings;
pub(crate) mod rows;
pub(crate) mod vehicles;
