//! The vehicles platform: the vPIC catalogue as a service.

mod features;

fn main() {}
