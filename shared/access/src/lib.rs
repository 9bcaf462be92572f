#![doc = include_str!("../README.md")]

#[cfg(feature = "actix")]
mod actix;
mod key_file;
mod key_ring;
mod watch;

#[cfg(feature = "actix")]
pub use actix::RequireApiKey;
pub use key_file::{KeyFile, KeyFileError};
pub use key_ring::{Consumer, KeyRing};
pub use watch::WatchedKeyRing;

/// The header in which an API key comes.
pub const API_KEY_HEADER: &str = "x-api-key";
