//! From what the decoder knows to what the API says. Pure.

pub(crate) mod answer;
mod confidence;
pub(crate) mod question;
mod vehicle;
