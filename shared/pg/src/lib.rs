#![doc = include_str!("../README.md")]

mod connect;
mod db;
mod error;
mod migrate;
mod settings;

pub use connect::connect;
pub use db::Db;
pub use error::DbError;
pub use migrate::{Migration, migrate, pending};
pub use settings::{Credentials, DatabaseSettings, Tls};
