//! `mvp setup`: the servers, installed if missing, and nothing started.

use std::process::ExitCode;

use crate::layout::Layout;
use crate::report::say;
use crate::{postgres, servers};

pub(crate) async fn run(layout: &Layout) -> anyhow::Result<ExitCode> {
    let data_major = postgres::data_major(&layout.postgres_dir());
    let servers = servers::ensure(data_major, |line| say(format_args!("  · {line}"))).await?;
    let bin_dir = servers.postgres.bin_dir.display();
    say(format_args!(
        "  ✓ PostgreSQL {} in {bin_dir}",
        servers.postgres.version
    ));
    say(format_args!(
        "  ✓ {} at {}",
        servers.redis.version,
        servers.redis.program.display()
    ));
    Ok(ExitCode::SUCCESS)
}
