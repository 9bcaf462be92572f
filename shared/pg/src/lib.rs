#![doc = include_str!("../README.md")]

mod clock;
mod connect;
mod db;
mod error;
mod health;
mod migrate;
mod patience;
mod row_context;
mod settings;
mod transaction;

pub use clock::{kept, now};
pub use connect::connect;
pub use db::Db;
pub use error::DbError;
pub use health::Steps;
pub use migrate::{Migration, migrate, pending};

use migrate::applied;
pub use row_context::RowContext;
pub use settings::{Credentials, DatabaseSettings, Tls};
pub use transaction::Transaction;
