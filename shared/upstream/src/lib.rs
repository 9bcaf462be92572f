#![doc = include_str!("../README.md")]

#[cfg(feature = "client")]
mod asking;
#[cfg(feature = "client")]
mod attempt;
#[cfg(feature = "client")]
pub mod breaker;
#[cfg(feature = "client")]
mod budget;
#[cfg(feature = "client")]
mod call;
#[cfg(feature = "client")]
mod edition;
#[cfg(feature = "client")]
mod failure_policy;
#[cfg(feature = "client")]
mod flights;
#[cfg(feature = "client")]
mod metrics;
#[cfg(feature = "client")]
mod reads;
#[cfg(feature = "client")]
mod settings;
pub mod window;

#[cfg(feature = "client")]
pub use asking::Asking;
#[cfg(feature = "client")]
pub use attempt::{Question, Reply};
#[cfg(feature = "client")]
pub use call::{Failure, Operation, SetupError, Upstream, watch};
#[cfg(feature = "client")]
pub use edition::Edition;
#[cfg(feature = "client")]
pub use reads::{NoAnswer, Reading, Reads, Source};
#[cfg(feature = "client")]
pub use settings::{BreakerSettings, RetrySettings, UpstreamSettings};
