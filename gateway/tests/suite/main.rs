//! The gateway from outside: raw bytes in, raw bytes at the upstream.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "tests stop at the first surprise"
)]

mod browsers;
mod client;
mod compression;
mod door;
mod forwarding;
mod framing;
mod headers;
mod http2;
mod keys;
mod lifecycle;
mod limits;
mod paths;
mod program;
mod slow;
mod streaming;
mod tls;
mod tls_client;
mod tokens;
mod upstream;
mod upstream_mistakes;
