//! What every worker shares: routes, keys, upstreams, metrics, the log.

use crate::access_log::AccessLog;
use crate::guarded_stream::StreamTimes;
use crate::head::HeadLimits;
use crate::metrics::Metrics;
use crate::policy::{AddressSettings, LocalCounts, Policy, RedisSettings};
use crate::routes::RouteTable;
use crate::settings::{Settings, SettingsError, ms};
use crate::tls::Tls;
use crate::upstream::Upstream;
use access::{KeyFile, WatchedKeyRing};
use service::health::Health;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, OnceLock};

/// Everything that requests need, built once from the settings.
pub(crate) struct Shared {
    /// The routes.
    pub(crate) routes: RouteTable,
    /// The keys of each route that asks for one.
    pub(crate) keys: Vec<WatchedKeyRing>,
    /// The upstreams, in the order of their names.
    pub(crate) upstreams: Vec<Arc<Upstream>>,
    /// The metrics.
    pub(crate) metrics: Metrics,
    /// The log of requests, if wanted.
    pub(crate) access_log: Option<AccessLog>,
    /// The gateway's own health and its upstreams'.
    pub(crate) health: Health,
    /// Limits on request heads.
    pub(crate) head_limits: HeadLimits,
    /// Times granted to clients.
    pub(crate) times: StreamTimes,
    /// What serving over TLS needs, if there is such a listener.
    pub(crate) tls: Option<Tls>,
    /// Requests that an HTTP/2 connection may have on their way at once.
    pub(crate) max_streams: u32,
    /// The port to which the plain listener sends everybody, if it does.
    pub(crate) redirect_to_port: OnceLock<u16>,
    /// Who may come at all.
    pub(crate) addresses: Option<AddressSettings>,
    /// What answers carry before a route is known.
    pub(crate) own_policy: Option<Arc<Policy>>,
    /// Where limits are counted together, and where its password lies.
    pub(crate) redis: Option<(RedisSettings, PathBuf)>,
    /// Where limits are counted without Redis; takes no memory before the first count.
    pub(crate) local_counts: LazyLock<LocalCounts>,
}

/// Why the gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A key file cannot be used.
    #[error("{key}: the API keys cannot be read")]
    Keys {
        /// The setting that names the file.
        key: String,
        /// What is wrong with it.
        source: access::KeyFileError,
    },
    /// The metrics cannot be registered.
    #[error("the metrics cannot be registered")]
    Metrics(#[from] prometheus::Error),
    /// The system refuses an address, a thread or a descriptor.
    #[error("{what}")]
    System {
        /// What was tried.
        what: String,
        /// What the system says.
        source: std::io::Error,
    },
}

impl Shared {
    /// Builds the shared state; watches the key files from now on.
    pub(crate) fn new(
        settings: &Settings,
        access_log: Option<AccessLog>,
    ) -> Result<Self, StartError> {
        settings.validate()?;
        let routes = RouteTable::new(settings);
        let mut upstreams = Vec::with_capacity(settings.upstreams.len());
        for (name, upstream) in &settings.upstreams {
            let built = Upstream::new(name, upstream).map_err(|reason| SettingsError {
                key: format!("upstreams.{name}.url"),
                reason: reason.to_owned(),
            })?;
            upstreams.push(Arc::new(built));
        }
        // Beside the routes there are the gateway's own paths, and paths without a route.
        let own = ["/health", "unmatched"].map(str::to_owned);
        let route_names = routes.all().iter().map(|route| route.prefix.clone());
        let upstream_names: Vec<String> = settings.upstreams.keys().cloned().collect();
        let metrics = Metrics::new(route_names.chain(own).collect(), &upstream_names)?;
        let tls = settings.tls.as_ref();
        Ok(Self {
            tls: tls.map(|tls| Tls::new(tls, &metrics.door)).transpose()?,
            max_streams: tls.map_or(0, |tls| tls.max_streams),
            redirect_to_port: OnceLock::new(),
            addresses: settings.addresses.clone(),
            own_policy: Policy::of_gateway(settings),
            metrics,
            health: crate::health::of_upstreams(&upstreams),
            keys: watch_keys(settings)?,
            routes,
            upstreams,
            access_log,
            head_limits: HeadLimits {
                target_bytes: settings.limits.target_bytes,
                head_bytes: settings.limits.head_bytes,
                headers: settings.limits.headers,
            },
            times: StreamTimes {
                head: ms(settings.timeouts.head_ms),
                idle: ms(settings.timeouts.body_idle_ms),
                bytes_per_second: settings.limits.min_bytes_per_second,
                body: ms(settings.timeouts.body_ms),
                keep_alive: ms(settings.timeouts.keep_alive_ms),
            },
            redis: settings
                .redis
                .clone()
                .map(|redis| (redis, settings.secrets_dir.clone())),
            local_counts: LazyLock::new(LocalCounts::new),
        })
    }

    /// The place of the gateway's own health among the routes.
    pub(crate) fn own_health(&self) -> usize {
        self.routes.all().len()
    }

    /// The place that stands for no route.
    pub(crate) fn unrouted(&self) -> usize {
        self.routes.all().len().saturating_add(1)
    }
}

/// The key rings, in the order of the routes in the settings.
fn watch_keys(settings: &Settings) -> Result<Vec<WatchedKeyRing>, StartError> {
    let mut rings = Vec::new();
    for (index, route) in settings.routes.iter().enumerate() {
        let Some(api_key) = &route.api_key else {
            continue;
        };
        let files = api_key
            .files
            .iter()
            .map(|file| KeyFile::new(settings.secrets_dir.join(file)));
        let ring = WatchedKeyRing::watch(files.collect(), settings.strict_secrets);
        rings.push(ring.map_err(|source| StartError::Keys {
            key: format!("routes[{index}].api_key.files"),
            source,
        })?);
    }
    Ok(rings)
}
