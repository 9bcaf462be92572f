#![doc = include_str!("../README.md")]

pub mod budget;
pub mod errors;
pub mod health;
#[cfg(feature = "server")]
pub mod healthcheck;
pub mod parameters;
pub mod program;
pub mod secrets;
#[cfg(feature = "server")]
pub mod server;
pub mod settings;
pub mod shutdown;
pub mod telemetry;
pub mod trace_context;
