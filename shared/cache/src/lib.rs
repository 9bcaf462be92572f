#![doc = include_str!("../README.md")]

mod answer;
mod layered;
mod redis_store;

pub use answer::Answer;
pub use layered::{Cache, Policy};
pub use redis_store::{RedisSettings, RedisStore, RedisUnavailable};
