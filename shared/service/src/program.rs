//! A program's main: a runtime, one command, an exit code.

use crate::errors::chain;
use std::error::Error;
use std::future::Future;
use std::io::{self, Write};
use std::process::ExitCode;

/// Runs a command to its end; an error goes to standard error with its causes, and decides the exit code.
pub fn run<E>(
    command: impl Future<Output = Result<(), E>>,
    exit_code: impl FnOnce(&E) -> u8,
) -> ExitCode
where
    E: Error + From<io::Error> + 'static,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => {
            let outcome = runtime.block_on(command);
            // A thread that still reads something must not hold up the end of the process.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody reading is no reason to change the exit code.
            let _ = writeln!(io::stderr().lock(), "error: {}", chain(&error));
            ExitCode::from(exit_code(&error))
        }
    }
}
