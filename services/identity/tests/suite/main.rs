//! The provider as people and programs see it: the real program, a real PostgreSQL, a little SMTP server.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests stop at the first surprise"
)]

mod accounts;
mod admin;
mod authenticator;
mod client;
mod code_flow;
mod guessing;
mod house;
mod keys;
mod one_connection;
mod openapi;
mod passkey_attacks;
mod passkeys;
mod person;
mod refresh;
mod second_factor;
mod sessions;
mod settings;
mod silence;
mod statements;
