//! The tenants platform: who the tenants are, who belongs to them, what they may use and how they are set up.

mod caller;
mod change;
mod cli;
mod clock;
mod document;
mod etag;
mod fault;
mod features;
mod page;
mod settings;
mod vault;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(cli::Cli::parse())
}
