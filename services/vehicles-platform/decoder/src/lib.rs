#![doc = include_str!("../README.md")]

mod build;
mod charset;
mod check_digit;
mod decode;
mod index;
mod key;
mod model_year;
mod vin;

pub use build::{BuildError, IndexBuilder};
pub use check_digit::{CheckDigit, check_digit};
pub use decode::{AsOf, Attribute, Decoded, ErrorCode, Options, Source, Value, decode};
pub use index::{FORMAT as INDEX_FORMAT, Index, IndexError};
pub use vin::{NotAVin, Vin};
