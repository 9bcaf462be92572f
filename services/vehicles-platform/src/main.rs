//! The vehicles platform: NHTSA's vPIC catalogue as a service, and the ETL that loads it.

mod cli;
mod document;
mod features;
mod settings;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(cli::Cli::parse())
}
