//! Counting in Redis, for several gateways together; given up on quickly when it does not answer.

use super::gcra::{Rate, Verdict};
use super::limit_settings::RedisSettings;
use super::spent::DayCount;
use crate::settings::SettingsError;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, IntoConnectionInfo, RedisConnectionInfo, Script};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The first request after a start pays at most `answer_timeout_ms` of it.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(250);
/// After so many failures in a row Redis is left alone, but for one try in each pause.
const FAILURES: u32 = 3;
const PAUSE_MS: u64 = 2_000;

/// The key holds until when the caller is occupied, by Redis's own clock, so that the gateways'
/// clocks need not agree. All numbers stay below 2^53, where Lua's are exact.
const RATE: &str = r"
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local interval = tonumber(ARGV[1])
local reach = interval * tonumber(ARGV[2])
local busy = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local passes = 0
if busy + interval <= now + reach then
  busy = busy + interval
  passes = 1
  redis.call('SET', KEYS[1], string.format('%.0f', busy), 'PX', math.ceil((busy - now) / 1000))
end
return {passes, math.floor((now + reach - busy) / interval), math.max(busy + interval - now - reach, 0), busy - now}
";

const QUOTA: &str = r"
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return count
";

/// What every gateway has let through on a day stands in a field of its own, and only that gateway raises it: however often a
/// gateway says the same again, and whatever was lost here, the sum comes right.
const SPEND: &str = r"
local before = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0)
local own = math.max(before, tonumber(ARGV[2]))
local sum = 0
for _, field in ipairs(redis.call('HVALS', KEYS[1])) do sum = sum + tonumber(field) end
local others = math.max(sum - before, tonumber(ARGV[3]))
local passes = 0
if own + others < tonumber(ARGV[4]) then
  own = own + 1
  passes = 1
end
if own > before then
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', own))
  redis.call('EXPIRE', KEYS[1], ARGV[5])
end
return {passes, own, others}
";

/// A counter's name: nothing of the caller can be read from it.
pub(crate) struct CounterName(String);

impl CounterName {
    /// The name for a caller's count of one limit.
    pub(crate) fn new(kind: &str, limit: &str, caller: &str) -> Self {
        use std::fmt::Write;
        let mut hash = Sha256::new();
        hash.update(limit.as_bytes());
        hash.update([0]);
        hash.update(caller.as_bytes());
        let mut name = format!("mvp-gateway:{kind}:");
        for byte in hash.finalize().iter().take(16) {
            // Writing to a string cannot fail.
            let _ = write!(name, "{byte:02x}");
        }
        Self(name)
    }
}

/// One thread's connection to Redis.
pub(crate) struct RedisCounts {
    connection: ConnectionManager,
    rate: Script,
    quota: Script,
    spend: Script,
    answer_timeout: Duration,
    failures: AtomicU32,
    begin: Instant,
    /// Not before then, in milliseconds since `begin`.
    again_at_ms: AtomicU64,
}

impl RedisCounts {
    /// Connects when first used. To be made inside the runtime that will use it.
    pub(crate) fn new(settings: &RedisSettings, secrets_dir: &Path) -> Result<Self, SettingsError> {
        let wrong = |key: &str, reason: String| SettingsError {
            key: key.to_owned(),
            reason,
        };
        let unusable = |error: redis::RedisError| wrong("redis.host", error.to_string());
        let mut login = RedisConnectionInfo::default();
        if let Some(file) = &settings.password_file {
            let password = service::secrets::read(&secrets_dir.join(file))
                .map_err(|error| wrong("redis.password_file", error.to_string()))?;
            login = login.set_password(password.expose_secret());
        }
        let info = (settings.host.as_str(), settings.port)
            .into_connection_info()
            .map_err(unusable)?
            .set_redis_settings(login);
        let answer_timeout = Duration::from_millis(settings.answer_timeout_ms);
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_millis(100))
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(answer_timeout));
        let client = Client::open(info).map_err(unusable)?;
        Ok(Self {
            connection: ConnectionManager::new_lazy_with_config(client, config)
                .map_err(unusable)?,
            rate: Script::new(RATE),
            quota: Script::new(QUOTA),
            spend: Script::new(SPEND),
            answer_timeout,
            failures: AtomicU32::new(0),
            begin: Instant::now(),
            again_at_ms: AtomicU64::new(0),
        })
    }

    /// Asks whether a caller keeps its rate; None when Redis does not say in time.
    pub(crate) async fn ask(&self, rate: Rate, name: &CounterName) -> Option<Verdict> {
        let mut asked = self.rate.key(&name.0);
        asked.arg(rate.interval_us).arg(rate.burst);
        let (passes, left, wait_us, full_in_us): (u8, u32, u64, u64) = self
            .bounded(asked.invoke_async(&mut self.connection.clone()))
            .await?;
        Some(Verdict {
            passes: passes == 1,
            left,
            wait_us,
            full_in_us,
        })
    }

    /// Counts a request of a day that ends in so many seconds; None when Redis does not say in time.
    pub(crate) async fn count(&self, name: &CounterName, ends_in_s: u64) -> Option<u32> {
        let mut asked = self.quota.key(&name.0);
        asked.arg(ends_in_s);
        self.bounded(asked.invoke_async(&mut self.connection.clone()))
            .await
    }

    /// Takes one of a day's requests, if one is left; None when Redis does not say in time.
    pub(crate) async fn spend(
        &self,
        name: &CounterName,
        gateway: &str,
        known: DayCount,
        (limit, ends_in_s): (u64, u64),
    ) -> Option<(bool, DayCount)> {
        let mut asked = self.spend.key(&name.0);
        asked.arg(gateway).arg(known.own).arg(known.others);
        asked.arg(limit).arg(ends_in_s);
        let (passes, own, others): (u8, u64, u64) = self
            .bounded(asked.invoke_async(&mut self.connection.clone()))
            .await?;
        Some((passes == 1, DayCount { own, others }))
    }

    async fn bounded<T>(&self, answer: impl Future<Output = redis::RedisResult<T>>) -> Option<T> {
        if !self.may_try() {
            return None;
        }
        let failure = match tokio::time::timeout(self.answer_timeout, answer).await {
            Ok(Ok(answer)) => {
                self.failures.store(0, Ordering::Relaxed);
                return Some(answer);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        let failures = self.failures.fetch_add(1, Ordering::Relaxed);
        if failures.saturating_add(1) == FAILURES {
            tracing::warn!(failure, "Redis does not answer; limits do without it");
        }
        let again = self.now_ms().saturating_add(PAUSE_MS);
        self.again_at_ms.store(again, Ordering::Relaxed);
        None
    }

    /// True while it answers; after several failures, for one request in each pause.
    fn may_try(&self) -> bool {
        if self.failures.load(Ordering::Relaxed) < FAILURES {
            return true;
        }
        let now = self.now_ms();
        let again = self.again_at_ms.load(Ordering::Relaxed);
        now >= again
            && self
                .again_at_ms
                .compare_exchange(
                    again,
                    now.saturating_add(PAUSE_MS),
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                )
                .is_ok()
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.begin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counters_name_says_nothing_of_the_caller() {
        let name = CounterName::new("limit", "/a#0", "partner").0;
        assert!(name.starts_with("mvp-gateway:limit:"), "{name}");
        assert!(!name.contains("partner"));
        assert_ne!(name, CounterName::new("limit", "/a#1", "partner").0);
        assert_eq!(name, CounterName::new("limit", "/a#0", "partner").0);
    }
}
