//! The built-in OpenID provider: accounts, sign-in and tokens, for installations that have no other.

mod browser;
mod change;
mod cli;
mod document;
mod features;
mod html;
mod origin;
mod settings;
mod state;
mod visitor;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(cli::Cli::parse())
}
