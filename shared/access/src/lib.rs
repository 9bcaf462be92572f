#![doc = include_str!("../README.md")]

#[cfg(feature = "actix")]
mod actix;
#[cfg(feature = "tokens")]
mod jwks;
mod key_file;
mod key_ring;
#[cfg(all(feature = "actix", feature = "tokens"))]
mod signed_in;
#[cfg(feature = "tokens")]
mod token_keys;
#[cfg(feature = "tokens")]
mod token_settings;
#[cfg(feature = "tokens")]
mod tokens;
mod watch;

#[cfg(feature = "actix")]
pub use actix::RequireApiKey;
pub use key_file::{KeyFile, KeyFileError};
pub use key_ring::{Consumer, KeyRing};
#[cfg(all(feature = "actix", feature = "tokens"))]
pub use signed_in::{SignIn, SignedIn};
#[cfg(feature = "tokens")]
pub use token_settings::TokenSettings;
#[cfg(feature = "tokens")]
pub use tokens::{Caller, TokenError, TokenVerifier};
pub use watch::WatchedKeyRing;

/// The header in which an API key comes.
pub const API_KEY_HEADER: &str = "x-api-key";
