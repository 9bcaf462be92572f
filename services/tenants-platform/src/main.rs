//! The tenants platform: who the tenants are, who belongs to them, what they may use and how they are set up.

mod caller;
mod change;
mod cli;
mod document;
mod features;
mod settings;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(cli::Cli::parse())
}
