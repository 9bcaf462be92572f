#![doc = include_str!("../README.md")]

mod access_log;
mod admin;
mod answer;
pub mod check;
mod chunked;
mod connection;
mod deadline;
mod descriptors;
mod door_metrics;
mod framing;
mod guarded_stream;
mod head;
mod health;
mod metrics;
mod pace;
mod path;
mod policy;
mod proxy;
mod record;
mod refusal;
mod request_body;
mod request_headers;
mod routes;
mod server;
pub mod settings;
mod state;
mod trace_context;
mod upstream;
mod workers;

pub use access::TokenSettings;
pub use path::Oddities;
pub use policy::{LimitBy, LimitSettings, OnRedisFailure, QuotaSettings, RedisSettings};
pub use refusal::Refusal;
pub use server::Gateway;
pub use settings::Settings;
pub use state::StartError;
