//! What runs, and where: looked up in the state and the records, asked of the services.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::catalogue::{self, CLUSTERS, GATEWAY, REDIS, SERVICES};
use crate::layout::Layout;
use crate::lock::Lock;
use crate::record::{Phase, Record, State};
use crate::{listener, orphans, probe};

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
    pub(crate) stores_only: bool,
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
        let supervisor = Lock::supervisor(layout, &state).map(|identity| identity.pid);
        let lookup = Lookup {
            layout,
            preferred: crate::ports::preferred()?.into_iter().collect(),
            state,
            orphans: orphans::find(layout)?,
        };
        let expected = supervisor.is_some() && !lookup.state.stores_only;
        let mut services = BTreeMap::new();
        for service in &SERVICES {
            let (port, pid) = lookup.endpoint(service.name)?;
            let health = health(pid, expected, port).await;
            services.insert(
                service.name,
                ServiceStatus {
                    url: url(port),
                    pid,
                    health,
                },
            );
        }
        let mut postgres = BTreeMap::new();
        for cluster in &CLUSTERS {
            let (port, pid) = lookup.endpoint(&catalogue::postgres_endpoint(cluster.name))?;
            postgres.insert(
                cluster.name,
                PostgresStatus {
                    port,
                    database: cluster.main.database,
                    pid,
                },
            );
        }
        let mut redis = BTreeMap::new();
        for instance in &REDIS {
            let (port, pid) = lookup.endpoint(&catalogue::redis_endpoint(instance.name))?;
            redis.insert(instance.name, RedisStatus { port, pid });
        }
        let file = |name: &String| layout.secrets.join(name).display().to_string();
        let secrets = catalogue::secrets()
            .into_iter()
            .map(|(name, _)| (name.clone(), file(&name)));
        Ok(Self {
            gateway: GatewayStatus {
                url: url(lookup.endpoint(GATEWAY)?.0),
            },
            services,
            postgres,
            redis,
            secrets: secrets.collect(),
            phase: lookup.state.phase,
            stores_only: lookup.state.stores_only,
            supervisor,
            failure: lookup.state.failure,
        })
    }

    /// Whether nothing at all runs.
    pub(crate) fn is_stopped(&self) -> bool {
        let service = self.services.values().any(|service| service.pid.is_some());
        self.supervisor.is_none() && !service && self.stores_running() == 0
    }

    /// Whether every child runs and every service serves.
    pub(crate) fn is_up(&self) -> bool {
        let serving =
            |service: &ServiceStatus| matches!(service.health, Health::Ok | Health::Degraded);
        self.supervisor.is_some()
            && self.stores_running() == CLUSTERS.len() + REDIS.len()
            && (self.stores_only || self.services.values().all(serving))
    }

    fn stores_running(&self) -> usize {
        let postgres = self
            .postgres
            .values()
            .filter(|store| store.pid.is_some())
            .count();
        postgres
            + self
                .redis
                .values()
                .filter(|store| store.pid.is_some())
                .count()
    }
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// Where endpoints are looked up.
struct Lookup<'a> {
    layout: &'a Layout,
    preferred: BTreeMap<String, u16>,
    state: State,
    orphans: Vec<Record>,
}

impl Lookup<'_> {
    /// The port an endpoint has, or would have, and the pid of its process if it runs.
    fn endpoint(&self, name: &str) -> anyhow::Result<(u16, Option<u32>)> {
        let port = self
            .state
            .ports
            .get(name)
            .or_else(|| self.preferred.get(name));
        let record = Record::load(&self.layout.run_dir(), name)?;
        let alive = record.filter(|record| record.identity.is_alive());
        let orphan = || self.orphans.iter().find(|record| record.name == name);
        let alive = alive.or_else(|| orphan().cloned());
        Ok((
            port.copied().unwrap_or_default(),
            alive.map(|record| record.identity.pid),
        ))
    }
}

async fn health(pid: Option<u32>, expected: bool, port: u16) -> Health {
    let Some(pid) = pid else {
        // Between a crash and its restart a service is unavailable, not stopped.
        return if expected {
            Health::Unavailable
        } else {
            Health::Stopped
        };
    };
    if listener::belongs(port, pid) == Some(false) {
        return Health::Unavailable;
    }
    let Ok(answer) = probe::http_get(port, "/health").await else {
        return Health::Unavailable;
    };
    match (answer.status, answer.text("status").as_deref()) {
        (200, Some("degraded")) => Health::Degraded,
        (200, Some("unavailable")) => Health::Unavailable,
        (200, _) => Health::Ok,
        _ => Health::Unavailable,
    }
}
