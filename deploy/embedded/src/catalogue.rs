//! What runs, as data: three clusters, three Redis, the services in their starting order.
//! A later service is one more entry here.

mod environments;

pub(crate) use environments::Addresses;

use std::time::Duration;

use anyhow::Context as _;

use crate::task::Limit;
use environments::{
    application_environment, gateway_environment, identity_environment,
    tenants_platform_environment, vehicles_etl_environment, vehicles_platform_environment,
};

/// One PostgreSQL cluster with its databases.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClusterSpec {
    pub(crate) name: &'static str,
    pub(crate) port: u16,
    pub(crate) shared_buffers_mb: u16,
    /// The cluster's own, which bears its name.
    pub(crate) main: DatabaseSpec,
    /// Others beside it, for services that need no cluster of their own.
    pub(crate) guests: &'static [DatabaseSpec],
}

/// One database with its own two roles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DatabaseSpec {
    /// What its roles are named after.
    pub(crate) name: &'static str,
    pub(crate) database: &'static str,
    /// Whether the serving role `<name>_api` writes, or only reads what the owner loads.
    pub(crate) api_writes: bool,
}

impl ClusterSpec {
    pub(crate) fn databases(&self) -> impl Iterator<Item = &DatabaseSpec> {
        std::iter::once(&self.main).chain(self.guests)
    }
}

/// One Redis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RedisSpec {
    pub(crate) name: &'static str,
    pub(crate) port: u16,
    /// A cache forgets the oldest beyond 64 MB and starts empty; a store keeps what it was given.
    pub(crate) cache_only: bool,
}

/// Names and values for a process's environment.
pub(crate) type Environment = Vec<(String, String)>;

/// One of our own services.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServiceSpec {
    pub(crate) name: &'static str,
    /// File name of its program.
    pub(crate) program: &'static str,
    /// The arguments with which the program serves.
    pub(crate) serve: &'static [&'static str],
    pub(crate) port: u16,
    /// Further ports it listens on, each with the name of its endpoint.
    pub(crate) other_ports: &'static [(&'static str, u16)],
    /// What it calls itself in `/health`.
    pub(crate) known_as: &'static str,
    /// The path that answers 200 when the next service may start.
    pub(crate) gate: &'static str,
    /// Commands that run to their end before it serves.
    pub(crate) prepare: &'static [Preparation],
    /// Its settings, as environment variables.
    pub(crate) environment: fn(&Addresses<'_>) -> anyhow::Result<Environment>,
}

/// A command that runs before a service serves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Preparation {
    pub(crate) title: &'static str,
    pub(crate) args: &'static [&'static str],
    /// Whether the path of the embedded vPIC release is the last argument.
    pub(crate) takes_dump: bool,
    pub(crate) limit: Limit,
    pub(crate) unless: Option<Unless>,
}

/// A question to the service's program that may make a preparation needless.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unless {
    pub(crate) args: &'static [&'static str],
    /// What to say instead, read from the JSON answer.
    pub(crate) settled: fn(&serde_json::Value) -> Option<String>,
}

pub(crate) const CLUSTERS: [ClusterSpec; 3] = [
    ClusterSpec {
        name: "app",
        port: 15432,
        shared_buffers_mb: 16,
        main: DatabaseSpec {
            name: "app",
            database: "motovaultpro",
            api_writes: true,
        },
        guests: &[],
    },
    ClusterSpec {
        name: "vehicles",
        port: 15433,
        shared_buffers_mb: 32,
        main: DatabaseSpec {
            name: "vehicles",
            database: "mvp-platform-vehicles",
            api_writes: false,
        },
        guests: &[],
    },
    ClusterSpec {
        name: "tenants",
        port: 15434,
        shared_buffers_mb: 16,
        main: DatabaseSpec {
            name: "tenants",
            database: "mvp-platform-tenants",
            api_writes: true,
        },
        guests: &[IDENTITY_DATABASE],
    },
];

const IDENTITY_DATABASE: DatabaseSpec = DatabaseSpec {
    name: IDENTITY,
    database: "identity",
    api_writes: true,
};

pub(crate) const REDIS: [RedisSpec; 3] = [
    RedisSpec {
        name: "app",
        port: 16379,
        cache_only: false,
    },
    RedisSpec {
        name: "vehicles",
        port: 16380,
        cache_only: true,
    },
    RedisSpec {
        name: "tenants",
        port: 16381,
        cache_only: false,
    },
];

pub(crate) const SERVICES: [ServiceSpec; 7] = [
    ServiceSpec {
        name: "vehicles-platform",
        program: "vehicles-platform",
        serve: &["serve"],
        port: 18000,
        other_ports: &[],
        known_as: "vehicles-platform",
        gate: "/health/ready",
        prepare: &[
            Preparation {
                title: "vehicles schema",
                args: &["migrate"],
                takes_dump: false,
                limit: Limit::Whole(Duration::from_mins(15)),
                unless: None,
            },
            Preparation {
                title: "vehicle data",
                args: &["etl", "load", "--progress", "plain"],
                takes_dump: true,
                // It tells how far it is; deriving the catalogue is its longest silence.
                limit: Limit::Silence(Duration::from_mins(15)),
                unless: Some(Unless {
                    args: &["etl", "releases", "--json"],
                    settled: live_release,
                }),
            },
        ],
        environment: vehicles_platform_environment,
    },
    // Looks for a new release every week; the database is what it shares with the service above.
    ServiceSpec {
        name: VEHICLES_ETL,
        program: "vehicles-platform",
        serve: &["etl", "schedule"],
        port: 18010,
        other_ports: &[],
        known_as: "vehicles-platform-etl",
        gate: "/health/live",
        prepare: &[],
        environment: vehicles_etl_environment,
    },
    ServiceSpec {
        name: TENANTS,
        program: TENANTS,
        serve: &["serve"],
        port: 18001,
        other_ports: &[],
        known_as: TENANTS,
        gate: "/health/ready",
        prepare: &[Preparation {
            title: "tenants schema",
            args: &["migrate"],
            takes_dump: false,
            limit: Limit::Whole(Duration::from_mins(15)),
            unless: None,
        }],
        environment: tenants_platform_environment,
    },
    ServiceSpec {
        name: IDENTITY,
        program: IDENTITY,
        serve: &["serve"],
        port: 18002,
        other_ports: &[],
        known_as: IDENTITY,
        gate: "/health/ready",
        prepare: &[Preparation {
            title: "identity schema",
            args: &["migrate"],
            takes_dump: false,
            limit: Limit::Whole(Duration::from_mins(15)),
            unless: None,
        }],
        environment: identity_environment,
    },
    ServiceSpec {
        name: APPLICATION,
        program: APPLICATION,
        serve: &["serve"],
        port: 18030,
        other_ports: &[],
        known_as: APPLICATION,
        gate: "/health/ready",
        prepare: &[Preparation {
            title: "application schema",
            args: &["migrate"],
            takes_dump: false,
            limit: Limit::Whole(Duration::from_mins(15)),
            unless: None,
        }],
        environment: application_environment,
    },
    // Does what the service above had to put off.
    ServiceSpec {
        name: APPLICATION_WORKER,
        program: APPLICATION,
        serve: &["worker"],
        port: 18031,
        other_ports: &[],
        known_as: APPLICATION_WORKER,
        gate: "/health/live",
        prepare: &[],
        environment: application_environment,
    },
    ServiceSpec {
        name: GATEWAY,
        program: GATEWAY,
        serve: &["serve"],
        port: 18080,
        other_ports: &[(GATEWAY_ADMIN, 18081)],
        known_as: GATEWAY,
        gate: "/health/live",
        prepare: &[],
        environment: gateway_environment,
    },
];

/// The weekly look for new vehicle data.
const VEHICLES_ETL: &str = "vehicles-etl";
/// Tenants, their members, keys and configuration.
const TENANTS: &str = "tenants-platform";
/// Who people are: the built-in OpenID provider.
pub(crate) const IDENTITY: &str = "identity";
/// What the app on the screen talks to.
const APPLICATION: &str = "application";
/// Decodes and clears away what could not be done at once.
const APPLICATION_WORKER: &str = "application-worker";
/// The one public door.
pub(crate) const GATEWAY: &str = "gateway";
/// Where the gateway shows its metrics, to this machine only.
const GATEWAY_ADMIN: &str = "gateway-admin";
/// The key that opens `/platform/vehicles/…`.
pub(crate) const VEHICLES_API_KEY: &str = "platform-vehicles-api-key";

/// The key that opens `/platform/tenants/…`.
pub(crate) const TENANTS_API_KEY: &str = "platform-tenants-api-key";
/// The gateway's own key to the tenants platform.
const GATEWAY_TENANTS_KEY: &str = "gateway-tenants-api-key";
/// The application's own key to the vehicles platform.
const APPLICATION_VEHICLES_KEY: &str = "application-vehicles-api-key";
/// The application's own key to the tenants platform.
const APPLICATION_TENANTS_KEY: &str = "application-tenants-api-key";
/// What secrets of tenants are kept under.
const TENANTS_MASTER_KEY: &str = "tenants-master-key";

/// What signing keys and other secrets of people are sealed under.
const IDENTITY_MASTER_KEY: &str = "identity-master-key";

/// The name under which an endpoint's port is kept.
pub(crate) fn postgres_endpoint(name: &str) -> String {
    format!("postgres-{name}")
}

pub(crate) fn redis_endpoint(name: &str) -> String {
    format!("redis-{name}")
}

/// Every endpoint with the port it prefers.
pub(crate) fn endpoints() -> Vec<(String, u16)> {
    let clusters = CLUSTERS.iter().map(|c| (postgres_endpoint(c.name), c.port));
    let redis = REDIS.iter().map(|r| (redis_endpoint(r.name), r.port));
    let services = SERVICES.iter().map(|s| (s.name.to_owned(), s.port));
    let others = SERVICES.iter().flat_map(|s| s.other_ports);
    let others = others.map(|(name, port)| ((*name).to_owned(), *port));
    clusters
        .chain(redis)
        .chain(services)
        .chain(others)
        .collect()
}

/// Every secret: its file name, and whether it is an API key rather than a password.
pub(crate) fn secrets() -> Vec<(String, bool)> {
    let mut all = vec![
        (VEHICLES_API_KEY.to_owned(), true),
        (TENANTS_API_KEY.to_owned(), true),
        (GATEWAY_TENANTS_KEY.to_owned(), true),
        (APPLICATION_VEHICLES_KEY.to_owned(), true),
        (APPLICATION_TENANTS_KEY.to_owned(), true),
        (TENANTS_MASTER_KEY.to_owned(), false),
        (IDENTITY_MASTER_KEY.to_owned(), false),
    ];
    for cluster in &CLUSTERS {
        all.push((postgres_secret(cluster.name, "superuser"), false));
        for database in cluster.databases() {
            all.push((postgres_secret(database.name, "owner"), false));
            all.push((postgres_secret(database.name, "api"), false));
        }
    }
    all.extend(REDIS.iter().map(|redis| (redis_secret(redis.name), false)));
    all
}

/// The secrets that services read. The superusers' passwords and those of stores that no service
/// uses yet are not among them.
pub(crate) fn service_secrets() -> Vec<String> {
    vec![
        VEHICLES_API_KEY.to_owned(),
        postgres_secret("vehicles", "api"),
        postgres_secret("vehicles", "owner"),
        redis_secret("vehicles"),
        TENANTS_API_KEY.to_owned(),
        GATEWAY_TENANTS_KEY.to_owned(),
        TENANTS_MASTER_KEY.to_owned(),
        postgres_secret("tenants", "api"),
        postgres_secret("tenants", "owner"),
        redis_secret("tenants"),
        IDENTITY_MASTER_KEY.to_owned(),
        postgres_secret(IDENTITY, "api"),
        postgres_secret(IDENTITY, "owner"),
        APPLICATION_VEHICLES_KEY.to_owned(),
        APPLICATION_TENANTS_KEY.to_owned(),
        postgres_secret("app", "api"),
        postgres_secret("app", "owner"),
        redis_secret("app"),
    ]
}

pub(crate) fn postgres_secret(database: &str, role: &str) -> String {
    format!("postgres-{database}-{role}-password")
}

pub(crate) fn redis_secret(name: &str) -> String {
    format!("redis-{name}-password")
}

/// The cluster with this name.
pub(crate) fn cluster(name: &str) -> anyhow::Result<&'static ClusterSpec> {
    CLUSTERS
        .iter()
        .find(|c| c.name == name)
        .with_context(|| format!("no cluster is called {name}"))
}

/// Which release is live, out of `vehicles-platform etl releases --json`. Loading the embedded one
/// again would go back to it from a newer one.
fn live_release(releases: &serde_json::Value) -> Option<String> {
    let is_live = |release: &&serde_json::Value| release.get("state").is_some_and(|s| s == "live");
    let live = releases.as_array()?.iter().find(is_live)?;
    let month = live.get("month").and_then(serde_json::Value::as_str);
    Some(format!(
        "release {} is live",
        month.unwrap_or("of an unknown month")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::path::Path;

    #[test]
    fn only_a_live_release_makes_the_first_load_needless() {
        let failed = serde_json::json!([{"id": 1, "state": "failed", "month": null}]);
        assert_eq!(live_release(&failed), None);
        let live = serde_json::json!([{"id": 1, "state": "live", "month": "2026-10"}]);
        assert_eq!(live_release(&live).unwrap(), "release 2026-10 is live");
    }

    #[test]
    fn every_secret_that_a_service_is_told_of_is_lent_to_it() {
        let ports: BTreeMap<_, _> = endpoints().into_iter().collect();
        let addresses = Addresses {
            ports: &ports,
            secrets: Path::new("/lent"),
        };
        let mut told = std::collections::BTreeSet::new();
        for service in &SERVICES {
            let environment = (service.environment)(&addresses).unwrap();
            let paths = environment
                .iter()
                .flat_map(|(_, value)| value.split(','))
                .filter_map(|value| value.strip_prefix("/lent/"));
            told.extend(paths.map(str::to_owned));
        }
        assert_eq!(told, service_secrets().into_iter().collect());
    }

    #[test]
    fn no_two_endpoints_share_a_name_or_a_port() {
        let endpoints = endpoints();
        let names: std::collections::BTreeSet<_> = endpoints.iter().map(|(n, _)| n).collect();
        let ports: std::collections::BTreeSet<_> = endpoints.iter().map(|(_, p)| p).collect();
        assert_eq!(
            (names.len(), ports.len()),
            (endpoints.len(), endpoints.len())
        );
    }
}
