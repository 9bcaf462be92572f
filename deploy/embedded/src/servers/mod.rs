//! The database servers of this machine: found where packages put them, installed when missing.

mod find;
mod install;

pub(crate) use find::{PostgresServer, RedisServer, postgres_candidates, redis};

use anyhow::Context as _;

/// Both servers, as found.
#[derive(Clone, Debug)]
pub(crate) struct Servers {
    pub(crate) postgres: PostgresServer,
    pub(crate) redis: RedisServer,
}

/// Finds both servers and installs what is missing. `data_major` is the PostgreSQL that wrote the
/// clusters that exist; only the same major version can read them.
pub(crate) async fn ensure(
    data_major: Option<u32>,
    tell: impl Fn(String),
) -> anyhow::Result<Servers> {
    let lacks_postgres = find::postgres(data_major)?.is_none();
    let lacks_redis = redis().is_none();
    if lacks_postgres || lacks_redis {
        install::install(lacks_postgres, lacks_redis, tell).await?;
    }
    let postgres = find::postgres(data_major)?.context(
        "PostgreSQL 14 or later is still not found after installing it; see `mvp doctor`",
    )?;
    let redis =
        redis().context("Redis is still not found after installing it; see `mvp doctor`")?;
    Ok(Servers { postgres, redis })
}
