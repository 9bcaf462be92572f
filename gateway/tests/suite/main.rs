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
mod headers;
mod http2;
mod instances;
mod keys;
mod lifecycle;
mod limits;
mod paths;
mod plans;
mod program;
mod reload;
mod routing;
mod slow;
mod streaming;
mod tenants_platform;
mod tls;
mod tls_client;
mod tokens;
mod upstream;
mod upstream_mistakes;
mod websocket;
