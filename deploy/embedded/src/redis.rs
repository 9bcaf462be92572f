//! One Redis: its configuration, written anew at each start, and what to run.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::account::{self, Account};
use crate::fleet::ChildSpec;
use crate::probe::Probe;
use crate::record::Kind;
use crate::servers::RedisServer;

/// What a Redis is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// Forgets the oldest beyond 64 MB, and starts empty.
    Cache,
    /// Keeps what it was given; beyond 64 MB it forgets what has a time limit, the least used first.
    Store,
    /// Tests: neither limit nor anything on disk.
    Throwaway,
}

/// Where a Redis lives.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) account: Option<Account>,
    pub(crate) password: String,
    pub(crate) port: u16,
    pub(crate) purpose: Purpose,
}

/// Writes the configuration, and gives what to run.
pub(crate) fn spec(
    redis: &Instance,
    server: &RedisServer,
    order: usize,
) -> anyhow::Result<ChildSpec> {
    let account = redis.account.as_ref();
    account::private_dir(&redis.folder, account)?;
    let file = redis.folder.join("redis.conf");
    account::private_file(&file, &render(redis, &redis.folder), account)?;
    Ok(ChildSpec {
        name: crate::catalogue::redis_endpoint(&redis.name),
        kind: Kind::Redis,
        order,
        program: server.program.clone(),
        args: vec![file.display().to_string()],
        environment: Vec::new(),
        secluded: true,
        folder: redis.folder.clone(),
        account: redis.account.clone(),
        probe: Some(Probe::Redis {
            port: redis.port,
            password: redis.password.clone(),
        }),
        patience: Duration::from_mins(1),
    })
}

fn render(redis: &Instance, folder: &Path) -> String {
    let port = redis.port;
    let folder = quoted(&folder.display().to_string());
    let mut text = format!(
        "# Written by mvp at each start.\n\
         bind 127.0.0.1\nport {port}\nprotected-mode yes\ndaemonize no\ndir {folder}\npidfile redis.pid\n\
         loglevel notice\nlogfile \"\"\nsave \"\"\n"
    );
    let _ = writeln!(text, "requirepass {}", quoted(&redis.password));
    text.push_str(match redis.purpose {
        Purpose::Cache => "appendonly no\nmaxmemory 64mb\nmaxmemory-policy allkeys-lru\n",
        Purpose::Store => {
            "appendonly yes\nappendfsync everysec\nmaxmemory 64mb\nmaxmemory-policy volatile-lru\n"
        }
        Purpose::Throwaway => "appendonly no\nmaxmemory-policy noeviction\n",
    });
    text
}

/// A value as redis.conf writes it.
fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(purpose: Purpose) -> Instance {
        Instance {
            name: "x".to_owned(),
            folder: PathBuf::from("/data/redis/x"),
            account: None,
            password: "a\"b\\c".to_owned(),
            port: 16380,
            purpose,
        }
    }

    #[test]
    fn a_cache_is_bounded_and_forgets_while_a_store_keeps() {
        let cache = render(&instance(Purpose::Cache), Path::new("/d"));
        assert!(cache.contains("maxmemory 64mb\nmaxmemory-policy allkeys-lru"));
        assert!(cache.contains("appendonly no"));
        let store = render(&instance(Purpose::Store), Path::new("/d"));
        assert!(store.contains("appendonly yes"));
        assert!(store.contains("maxmemory 64mb\nmaxmemory-policy volatile-lru"));
    }

    #[test]
    fn a_password_with_quotes_stays_one_value_and_none_goes_without() {
        for purpose in [Purpose::Cache, Purpose::Store, Purpose::Throwaway] {
            let text = render(&instance(purpose), Path::new("/d"));
            assert!(text.contains(r#"requirepass "a\"b\\c""#), "{text}");
        }
    }
}
