//! The application: what people do with their vehicles, over the platform services.

mod asked;
mod change;
mod cli;
mod decimal;
mod document;
mod features;
mod health_route;
mod settings;
mod tenancy;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(cli::Cli::parse())
}
