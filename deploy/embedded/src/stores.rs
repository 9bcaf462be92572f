//! Starting the three clusters and the three Redis, each kind all at once.

use std::sync::Arc;

use anyhow::Context as _;
use tokio::task::JoinSet;

use crate::account::{self, Account};
use crate::catalogue::{self, Addresses, CLUSTERS, ClusterSpec, DatabaseSpec, REDIS, RedisSpec};
use crate::fleet::Fleet;
use crate::layout::Layout;
use crate::postgres::{self, Cluster, Passwords};
use crate::redis::{self, Instance};
use crate::secrets;
use crate::servers::Servers;

/// What starting the stores needs.
#[derive(Debug)]
pub(crate) struct Stores<'a> {
    pub(crate) fleet: &'a Arc<Fleet>,
    pub(crate) layout: &'a Layout,
    pub(crate) servers: &'a Servers,
    pub(crate) addresses: Addresses<'a>,
    pub(crate) account: Option<Account>,
}

impl<'a> Stores<'a> {
    /// Finds out whom the stores run as, and that this account can get to its data.
    pub(crate) fn new(
        fleet: &'a Arc<Fleet>,
        layout: &'a Layout,
        servers: &'a Servers,
        addresses: Addresses<'a>,
    ) -> anyhow::Result<Self> {
        let account = account::for_stores(&layout.postgres_dir())?;
        if let Some(account) = &account {
            anyhow::ensure!(
                account.reaches(&layout.data),
                "the account {} that runs the stores cannot enter {}: `chmod o+x` the folders above \
                 it, or set MVP_DATA_DIR to a folder it can enter",
                account.name,
                layout.data.display()
            );
        }
        Ok(Self {
            fleet,
            layout,
            servers,
            addresses,
            account,
        })
    }

    /// Starts the three Redis; gives their ports as text.
    pub(crate) async fn start_redis(&self) -> anyhow::Result<String> {
        let mut together = JoinSet::new();
        let mut text = Vec::new();
        for (place, redis) in REDIS.iter().enumerate() {
            let instance = self.instance(redis)?;
            text.push(format!("{} {}", redis.name, instance.port));
            let spec = redis::spec(&instance, &self.servers.redis, place)?;
            together.spawn(Arc::clone(self.fleet).launch(spec));
        }
        all(together).await?;
        Ok(text.join(" · "))
    }

    fn instance(&self, redis: &RedisSpec) -> anyhow::Result<Instance> {
        Ok(Instance {
            name: redis.name.to_owned(),
            folder: self.layout.redis_dir().join(redis.name),
            account: self.account.clone(),
            password: secrets::read(&self.layout.secrets, &catalogue::redis_secret(redis.name))?,
            port: self
                .addresses
                .port(&catalogue::redis_endpoint(redis.name))?,
            purpose: if redis.cache_only {
                redis::Purpose::Cache
            } else {
                redis::Purpose::Store
            },
        })
    }

    /// Makes what clusters are missing, starts all, prepares their roles; gives their ports as text.
    pub(crate) async fn start_postgres(&self) -> anyhow::Result<String> {
        let mut together = JoinSet::new();
        let mut text = Vec::new();
        for (place, spec) in CLUSTERS.iter().enumerate() {
            let superuser = catalogue::postgres_secret(spec.name, "superuser");
            let superuser = secrets::read(&self.layout.secrets, &superuser)?;
            let passwords: Vec<_> = spec
                .databases()
                .map(|database| self.passwords(database, &superuser))
                .collect::<anyhow::Result<_>>()?;
            let cluster = self.cluster(spec, superuser)?;
            text.push(format!("{} {}", spec.name, cluster.port));
            let server = self.servers.postgres.clone();
            let fleet = Arc::clone(self.fleet);
            together.spawn(async move {
                let port = cluster.port;
                postgres::initialise(&fleet, &cluster, &server).await?;
                let child = postgres::spec(&cluster, &server, REDIS.len() + place)?;
                fleet.launch(child).await?;
                for (database, passwords) in spec.databases().zip(&passwords) {
                    postgres::ensure_roles(database, port, passwords).await?;
                }
                anyhow::Ok(())
            });
        }
        all(together).await?;
        Ok(text.join(" · "))
    }

    fn passwords(&self, database: &DatabaseSpec, superuser: &str) -> anyhow::Result<Passwords> {
        let read = |role| {
            secrets::read(
                &self.layout.secrets,
                &catalogue::postgres_secret(database.name, role),
            )
        };
        Ok(Passwords {
            superuser: superuser.to_owned(),
            owner: read("owner")?,
            api: read("api")?,
        })
    }

    fn cluster(&self, spec: &ClusterSpec, superuser_password: String) -> anyhow::Result<Cluster> {
        let shared_buffers_mb = spec.shared_buffers_mb;
        Ok(Cluster {
            name: spec.name.to_owned(),
            folder: self.layout.postgres_dir().join(spec.name),
            account: self.account.clone(),
            superuser_password,
            port: self
                .addresses
                .port(&catalogue::postgres_endpoint(spec.name))?,
            purpose: postgres::Purpose::Keeping { shared_buffers_mb },
        })
    }
}

/// Waits for all; the first failure is the answer.
async fn all(mut together: JoinSet<anyhow::Result<()>>) -> anyhow::Result<()> {
    while let Some(done) = together.join_next().await {
        done.context("a start was interrupted")??;
    }
    Ok(())
}
