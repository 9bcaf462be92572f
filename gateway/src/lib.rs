#![doc = include_str!("../README.md")]

mod access_log;
mod admin;
mod admin_lists;
mod answer;
mod canary;
pub mod check;
mod chunked;
mod connection;
mod deadline;
mod descriptors;
mod framing;
mod guarded_stream;
mod head;
mod health;
mod metrics;
mod pace;
mod path;
mod proxy;
mod record;
mod refusal;
mod reload;
mod request_body;
mod request_headers;
mod routes;
mod server;
pub mod settings;
mod state;
mod trace_context;
mod upstream;
mod workers;

pub use path::Oddities;
pub use refusal::Refusal;
pub use reload::{Rejected, Source};
pub use server::Gateway;
pub use settings::Settings;
pub use state::StartError;
