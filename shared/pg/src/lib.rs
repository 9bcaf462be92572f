#![doc = include_str!("../README.md")]

mod connect;
mod db;
mod error;
mod migrate;
mod settings;
mod transaction;

pub use connect::connect;
pub use db::Db;
pub use error::DbError;
pub use migrate::{Migration, applied, migrate, pending};
pub use settings::{Credentials, DatabaseSettings, Tls};
pub use transaction::Transaction;
