//! The gateway from outside: raw bytes in, raw bytes at the upstream.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "tests stop at the first surprise"
)]

mod breaker;
mod browsers;
mod client;
mod compression;
mod door;
mod fleet;
mod forwarding;
mod framing;
mod framing_cases;
mod frozen;
mod headers;
mod http2;
mod http2_bodies;
mod http2_floods;
mod http2_frames;
mod http2_heads;
mod http2_slow;
mod http2_wire;
mod instances;
mod keys;
mod lifecycle;
mod limits;
mod memory;
mod mutations;
mod one_reader;
mod operator;
mod own_key;
mod paths;
mod plans;
mod program;
mod reload;
mod routing;
mod running;
mod shipped_times;
mod slow;
mod streaming;
mod syntax_cases;
mod tenant_keys;
mod tenants_platform;
mod tls;
mod tls_client;
mod tls_weak;
mod tokens;
mod upstream;
mod upstream_mistakes;
mod websocket;
