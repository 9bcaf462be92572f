//! Redis with a short deadline and a breaker of its own.

use failsafe::backoff::Constant;
use failsafe::failure_policy::ConsecutiveFailures;
use failsafe::futures::CircuitBreaker;
use failsafe::{StateMachine, backoff, failure_policy};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands, Client, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo};
use secrecy::ExposeSecret;
use serde::Deserialize;
use service::health::{Health, Need};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Redis is a short cut: slower than this and the way round is better.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(50);
const CONNECT_TIMEOUT: Duration = Duration::from_millis(250);
const FAILURES_TO_OPEN: u32 = 5;
const OPEN_FOR: Duration = Duration::from_secs(2);

/// Where Redis is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisSettings {
    /// The server's name or address.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// The file with the password, if there is one.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
}

/// Redis did not answer, or is being left alone for a moment.
#[derive(Debug, thiserror::Error)]
pub enum RedisUnavailable {
    /// The settings are not usable.
    #[error("the Redis settings are not usable")]
    Settings(#[source] redis::RedisError),
    /// The password file is not usable.
    #[error("the Redis password cannot be read")]
    Password(#[from] service::secrets::SecretError),
    /// It failed.
    #[error("Redis failed")]
    Failed(#[source] redis::RedisError),
    /// It took longer than it may.
    #[error("Redis did not answer in time")]
    Timeout,
    /// It failed several times in a row and is tried again in a few seconds.
    #[error("Redis is being left alone after failures")]
    LeftAlone,
}

/// A Redis that may be away at any time.
#[derive(Clone)]
pub struct RedisStore {
    connection: ConnectionManager,
    breaker: StateMachine<ConsecutiveFailures<Constant>, ()>,
}

impl RedisStore {
    /// A store that connects when it is first used. Needs a tokio runtime.
    pub fn new(settings: &RedisSettings) -> Result<Self, RedisUnavailable> {
        let mut login = RedisConnectionInfo::default();
        if let Some(path) = &settings.password_file {
            login = login.set_password(service::secrets::read(path)?.expose_secret());
        }
        let info: ConnectionInfo = (settings.host.as_str(), settings.port)
            .into_connection_info()
            .map_err(RedisUnavailable::Settings)?
            .set_redis_settings(login);
        let client = Client::open(info).map_err(RedisUnavailable::Settings)?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_millis(100))
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(ANSWER_TIMEOUT));
        let connection = ConnectionManager::new_lazy_with_config(client, config)
            .map_err(RedisUnavailable::Settings)?;
        let policy =
            failure_policy::consecutive_failures(FAILURES_TO_OPEN, backoff::constant(OPEN_FOR));
        let breaker = failsafe::Config::new().failure_policy(policy).build();
        Ok(Self {
            connection,
            breaker,
        })
    }

    /// What is kept under a key.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, RedisUnavailable> {
        let mut connection = self.connection.clone();
        self.guarded(async move { connection.get(key).await }).await
    }

    /// Keeps bytes under a key for some time.
    pub async fn set(
        &self,
        key: &str,
        value: &[u8],
        keep_for: Duration,
    ) -> Result<(), RedisUnavailable> {
        let mut connection = self.connection.clone();
        let seconds = keep_for.as_secs().max(1);
        self.guarded(async move { connection.set_ex(key, value, seconds).await })
            .await
    }

    /// Whether it answers.
    pub async fn ping(&self) -> Result<(), RedisUnavailable> {
        let mut connection = self.connection.clone();
        self.guarded(async move { connection.ping().await }).await
    }

    /// Adds the check `redis`: without it a service is slower, not wrong.
    pub fn check(&self, health: Health) -> Health {
        let store = self.clone();
        health.check("redis", Need::Optional, move || {
            let store = store.clone();
            async move {
                store.ping().await.map_err(|error| error.to_string())?;
                Ok(BTreeMap::new())
            }
        })
    }

    async fn guarded<T>(
        &self,
        command: impl Future<Output = Result<T, redis::RedisError>>,
    ) -> Result<T, RedisUnavailable> {
        let bounded = async {
            // The driver's own timeout does not cover the making of a connection.
            match tokio::time::timeout(ANSWER_TIMEOUT, command).await {
                Ok(answer) => answer.map_err(RedisUnavailable::Failed),
                Err(_) => Err(RedisUnavailable::Timeout),
            }
        };
        self.breaker
            .call(bounded)
            .await
            .map_err(|error| match error {
                failsafe::Error::Inner(inner) => inner,
                failsafe::Error::Rejected => RedisUnavailable::LeftAlone,
            })
    }
}
