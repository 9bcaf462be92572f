#![doc = include_str!("../README.md")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test stops at the first surprise"
)]

mod answer;
mod chaos_proxy;
mod database;
mod eventually;
mod listening;
mod postbox;
mod recording_server;
mod redis_server;
mod statements;

pub use answer::Answer;
pub use chaos_proxy::ChaosProxy;
pub use database::Database;
pub use eventually::{eventually, eventually_async};
pub use listening::listening_address;
pub use postbox::{Arrived, Postbox};
pub use recording_server::{Answering, Asked, RecordingServer};
pub use redis_server::RedisServer;

/// A port on loopback that nothing listens on now.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// A short name that no other test of this or another run has.
pub fn unique_name(prefix: &str) -> String {
    format!("{prefix}_{:016x}", rand::random::<u64>())
}
