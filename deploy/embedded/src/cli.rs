//! The command line of `mvp`.

use std::ffi::OsString;

use clap::{Parser, Subcommand};

use crate::shim::ExecChild;

/// Runs `MotoVaultPro` on this machine without a container engine.
#[derive(Debug, Parser)]
#[command(name = "mvp", version, about)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start everything and keep it running; doing so twice changes nothing
    Up(Up),
    /// Stop everything, also what a killed supervisor left behind
    Down,
    /// Show what runs and where; exits 0 when all is up, 3 when stopped, 1 in between
    Status {
        /// One JSON object, for scripts
        #[arg(long)]
        json: bool,
    },
    /// Show the logs, of one child or of all
    Logs {
        /// A service or store as `mvp status` names it, or `supervisor`
        name: Option<String>,
        /// Go on as lines arrive
        #[arg(short, long)]
        follow: bool,
        /// How many earlier lines of each log
        #[arg(short = 'n', long, default_value_t = 100)]
        lines: usize,
    },
    /// Look for what may be in the way, and say what to do about it
    Doctor,
    /// Stop everything and delete all data; secrets stay
    Reset {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Open a database as the role that owns it
    Psql {
        /// app, vehicles or tenants
        name: String,
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Open a Redis
    RedisCli {
        /// app, vehicles or tenants
        name: String,
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Install PostgreSQL and Redis if they are missing, and nothing else
    Setup,
    /// Bring the schema of every service up to date, while the stores run
    Migrate,
    /// Run a service's own program with the settings it has here: `mvp run vehicles-platform etl releases`
    Run {
        service: String,
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Run a command beside a throwaway PostgreSQL and Redis (`TEST_POSTGRES_URL`, `TEST_REDIS_URL`)
    WithStores {
        #[arg(last = true, required = true)]
        command: Vec<OsString>,
    },
    #[command(hide = true)]
    Supervise {
        #[arg(long)]
        stores_only: bool,
    },
    #[command(hide = true)]
    ExecChild(ExecChild),
}

#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Up {
    /// Return once everything is healthy; it goes on running
    #[arg(long)]
    pub(crate) detach: bool,
    /// Only PostgreSQL and Redis, to run the services yourself
    #[arg(long)]
    pub(crate) stores_only: bool,
}
