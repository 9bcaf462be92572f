//! What runs, and where: looked up in the state and the records, asked of the services.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::catalogue::{self, CLUSTERS, GATEWAY, REDIS, SERVICES};
use crate::layout::Layout;
use crate::probe;
use crate::record::{Phase, Record, State};

/// The whole answer; its JSON form is a contract with scripts.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    pub(crate) gateway: GatewayStatus,
    pub(crate) services: BTreeMap<&'static str, ServiceStatus>,
    pub(crate) postgres: BTreeMap<&'static str, PostgresStatus>,
    pub(crate) redis: BTreeMap<&'static str, RedisStatus>,
    pub(crate) secrets: BTreeMap<String, String>,
    #[serde(skip)]
    pub(crate) phase: Phase,
    #[serde(skip)]
    pub(crate) supervisor: Option<u32>,
    #[serde(skip)]
    pub(crate) failure: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct GatewayStatus {
    pub(crate) url: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct ServiceStatus {
    pub(crate) url: String,
    pub(crate) pid: Option<u32>,
    pub(crate) health: Health,
}

#[derive(Debug, Serialize)]
pub(crate) struct PostgresStatus {
    pub(crate) port: u16,
    pub(crate) database: &'static str,
    #[serde(skip)]
    pub(crate) pid: Option<u32>,
}

#[derive(Debug, Serialize)]
pub(crate) struct RedisStatus {
    pub(crate) port: u16,
    #[serde(skip)]
    pub(crate) pid: Option<u32>,
}

/// The health of a service, in the words of its own `/health`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Health {
    Ok,
    Degraded,
    Unavailable,
    Stopped,
}

impl Health {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Unavailable => "unavailable",
            Self::Stopped => "stopped",
        }
    }
}

impl Status {
    pub(crate) async fn gather(layout: &Layout) -> anyhow::Result<Self> {
        let state = State::load(&layout.state_file())?;
        let supervisor = state.live_supervisor().map(|identity| identity.pid);
        let preferred: BTreeMap<String, u16> = crate::ports::preferred()?.into_iter().collect();
        let port = |endpoint: &str| {
            state.ports.get(endpoint).or_else(|| preferred.get(endpoint)).copied().unwrap_or(0)
        };
        let pid = |name: &str| live_pid(layout, name);
        let mut services = BTreeMap::new();
        for service in &SERVICES {
            let port = port(service.name);
            let pid = pid(service.name)?;
            let health = health(pid.is_some(), supervisor.is_some(), port).await;
            services.insert(service.name, ServiceStatus { url: url(port), pid, health });
        }
        let mut postgres = BTreeMap::new();
        for cluster in &CLUSTERS {
            let endpoint = catalogue::postgres_endpoint(cluster.name);
            let (port, pid) = (port(&endpoint), pid(&endpoint)?);
            postgres.insert(cluster.name, PostgresStatus { port, database: cluster.database, pid });
        }
        let mut redis = BTreeMap::new();
        for instance in &REDIS {
            let endpoint = catalogue::redis_endpoint(instance.name);
            let (port, pid) = (port(&endpoint), pid(&endpoint)?);
            redis.insert(instance.name, RedisStatus { port, pid });
        }
        let secrets = catalogue::secrets().into_iter().map(|(name, _)| {
            let path = layout.secrets.join(&name).display().to_string();
            (name, path)
        });
        Ok(Self {
            gateway: GatewayStatus { url: url(port(GATEWAY)) },
            services,
            postgres,
            redis,
            secrets: secrets.collect(),
            phase: state.phase,
            supervisor,
            failure: state.failure,
        })
    }

    /// Whether nothing at all runs.
    pub(crate) fn is_stopped(&self) -> bool {
        let service = self.services.values().any(|service| service.pid.is_some());
        self.supervisor.is_none() && !service && self.stores_running() == 0
    }

    /// Whether every child runs and every service serves.
    pub(crate) fn is_up(&self) -> bool {
        let serving = |service: &ServiceStatus| {
            matches!(service.health, Health::Ok | Health::Degraded)
        };
        self.supervisor.is_some()
            && self.stores_running() == CLUSTERS.len() + REDIS.len()
            && self.services.values().all(serving)
    }

    fn stores_running(&self) -> usize {
        let postgres = self.postgres.values().filter(|store| store.pid.is_some()).count();
        postgres + self.redis.values().filter(|store| store.pid.is_some()).count()
    }
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn live_pid(layout: &Layout, name: &str) -> anyhow::Result<Option<u32>> {
    let record = Record::load(&layout.run_dir(), name)?;
    Ok(record.filter(|record| record.identity.is_alive()).map(|record| record.identity.pid))
}

async fn health(runs: bool, supervised: bool, port: u16) -> Health {
    if !runs {
        // Between a crash and its restart a service is unavailable, not stopped.
        return if supervised { Health::Unavailable } else { Health::Stopped };
    }
    let Ok(answer) = probe::http_get(port, "/health").await else { return Health::Unavailable };
    let said = answer.json().and_then(|json| Some(json.get("status")?.as_str()?.to_owned()));
    match (answer.status, said.as_deref()) {
        (200, Some("degraded")) => Health::Degraded,
        (200, Some("unavailable")) => Health::Unavailable,
        (200, _) => Health::Ok,
        _ => Health::Unavailable,
    }
}
