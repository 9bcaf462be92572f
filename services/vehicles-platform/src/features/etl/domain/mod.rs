//! The pure core of the ETL: vPIC rows in memory become the drop-down catalogue. No I/O, no SQL, no clock.

pub(crate) mod catalog;
pub(crate) mod derive;
pub(crate) mod elements;
pub(crate) mod key_mask;
#[cfg(test)]
mod sample_release;
pub(crate) mod tables;
