//! What every worker shares: routes, keys, upstreams, metrics, the log.

use crate::access_log::AccessLog;
use crate::docs::Docs;
use crate::guarded_stream::StreamTimes;
use crate::head::HeadLimits;
use crate::key_door::KeyDoor;
use crate::metrics::Metrics;
use crate::policy::{AddressSettings, LocalCounts, Policy, RedisSettings, Verifiers};
use crate::routes::{Route, RouteTable};
use crate::settings::{Settings, SettingsError, UpstreamSettings, ms};
use crate::tenant_keys::{OwnKey, TenantKeySettings, TenantKeys};
use crate::tls::Tls;
use crate::upstream::Upstream;
use access::KeyFile;
use service::health::Health;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, OnceLock};

/// Everything that requests need, built once from the settings.
pub(crate) struct Shared {
    /// The routes.
    pub(crate) routes: RouteTable,
    /// The keys of each route that asks for one.
    doors: Vec<KeyDoor>,
    /// The keys of tenants, if they are asked about; stays until a restart.
    pub(crate) tenant_keys: Option<Arc<TenantKeys>>,
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
    /// What serving over TLS needs, if there is such a listener; stays until a restart.
    pub(crate) tls: Option<Arc<Tls>>,
    /// Requests that an HTTP/2 connection may have on their way at once.
    pub(crate) max_streams: u32,
    /// The port to which the plain listener sends everybody, if it does; stays until a restart.
    pub(crate) redirect_to_port: OnceLock<u16>,
    /// Who may come at all.
    pub(crate) addresses: Option<AddressSettings>,
    /// The API documents of the upstreams as one.
    pub(crate) docs: Docs,
    /// What answers carry before a route is known.
    pub(crate) own_policy: Option<Arc<Policy>>,
    /// Those who judge tokens, with the keys that they know.
    verifiers: Verifiers,
    /// Where limits are counted together, and where its password lies; stays until a restart.
    pub(crate) redis: Option<(RedisSettings, PathBuf)>,
    /// Where limits are counted without Redis; takes no memory before the first count.
    pub(crate) local_counts: Arc<LazyLock<LocalCounts>>,
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
        Self::build(settings, access_log, None)
    }

    /// The same for new settings; what did not change, and what was counted, stays.
    pub(crate) fn renewed(&self, settings: &Settings) -> Result<Self, StartError> {
        Self::build(settings, self.access_log.clone(), Some(self))
    }

    fn build(
        settings: &Settings,
        access_log: Option<AccessLog>,
        before: Option<&Self>,
    ) -> Result<Self, StartError> {
        settings.validate()?;
        let mut verifiers = before.map_or_else(Verifiers::default, |it| it.verifiers.clone());
        let routes = RouteTable::new(settings, &mut verifiers);
        verifiers.keep_used();
        // Beside the routes there are the gateway's own paths, and paths without a route.
        let own = ["/health", "unmatched", "/docs"].map(str::to_owned);
        let route_names = routes.all().iter().map(|route| route.name.clone());
        let upstream_names: Vec<String> = settings.upstreams.keys().cloned().collect();
        let route_names = route_names.chain(own).collect();
        let metrics = match before {
            Some(before) => before.metrics.renewed(route_names, &upstream_names),
            None => Metrics::new(route_names, &upstream_names)?,
        };
        let upstreams = upstreams_of(settings, &metrics, before)?;
        let tls = match (before, &settings.tls) {
            (Some(before), _) => before.tls.clone(),
            (None, Some(tls)) => Some(Arc::new(Tls::new(tls, &metrics.door)?)),
            (None, None) => None,
        };
        let tenant_keys = match (before, &settings.tenant_keys) {
            (Some(before), _) => before.tenant_keys.clone(),
            (None, Some(tenants)) => Some(tenant_keys(settings, tenants)?),
            (None, None) => None,
        };
        Ok(Self {
            tls,
            max_streams: settings.tls.as_ref().map_or(0, |tls| tls.max_streams),
            redirect_to_port: before.map_or_else(OnceLock::new, |it| it.redirect_to_port.clone()),
            addresses: settings.addresses.clone(),
            docs: Docs::default(),
            own_policy: Policy::of_gateway(settings),
            verifiers,
            redis: redis_of(settings),
            local_counts: before.map_or_else(LocalCounts::later, |it| Arc::clone(&it.local_counts)),
            health: crate::health::of_upstreams(&upstreams, before.map(|before| &before.health)),
            metrics,
            doors: KeyDoor::all(settings, tenant_keys.as_ref())?,
            tenant_keys,
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
        })
    }

    /// Starts what goes on in the background, once nothing more can go wrong.
    pub(crate) fn begin(&self) {
        self.upstreams.iter().for_each(Upstream::begin);
    }

    /// Lets go of instances that the settings after these do not have.
    pub(crate) fn give_way_to(&self, next: &Self) {
        let instances = |it: &Self| -> Vec<_> {
            let members = it.upstreams.iter().flat_map(|it| it.members());
            members.map(|member| Arc::clone(&member.instance)).collect()
        };
        let kept = instances(next);
        let is_kept = |it: &Arc<_>| kept.iter().any(|kept| Arc::ptr_eq(kept, it));
        let gone = instances(self).into_iter().filter(|it| !is_kept(it));
        gone.for_each(|instance| instance.retire());
    }

    /// Drops connections of a worker that nobody needs; called once a second.
    pub(crate) fn sweep(&self, worker: usize) {
        let members = self.upstreams.iter().flat_map(|it| it.members());
        members.for_each(|member| member.instance.sweep(worker));
    }

    /// Says what was not said yet, when nothing is served any more.
    pub(crate) async fn finish(&self) {
        if let Some(keys) = &self.tenant_keys {
            keys.report_last().await;
        }
    }

    /// Who may pass a route; `None` where everybody may.
    pub(crate) fn door_of(&self, route: &Route) -> Option<&KeyDoor> {
        self.doors.get(route.keys?)
    }

    /// The place of the gateway's own health among the routes.
    pub(crate) fn own_health(&self) -> usize {
        self.routes.all().len()
    }

    /// The place of the joined API document.
    pub(crate) fn own_docs(&self) -> usize {
        self.unrouted().saturating_add(1)
    }

    /// The place that stands for no route.
    pub(crate) fn unrouted(&self) -> usize {
        self.routes.all().len().saturating_add(1)
    }
}

/// The upstreams, in the order of their names; those that stay the same are the same.
fn upstreams_of(
    settings: &Settings,
    metrics: &Metrics,
    before: Option<&Shared>,
) -> Result<Vec<Arc<Upstream>>, StartError> {
    let workers = crate::server::worker_count(settings);
    let build = |(name, upstream): (&String, &UpstreamSettings)| {
        let before = before.and_then(|it| it.upstreams.iter().find(|it| it.name == *name));
        let built = Upstream::new(name, upstream, workers, &metrics.of_upstreams, before);
        built.map_err(|reason| {
            StartError::Settings(SettingsError {
                key: format!("upstreams.{name}.url"),
                reason: reason.to_owned(),
            })
        })
    };
    settings.upstreams.iter().map(build).collect()
}

fn redis_of(settings: &Settings) -> Option<(RedisSettings, PathBuf)> {
    let redis = settings.redis.clone()?;
    Some((redis, settings.secrets_dir.clone()))
}

fn tenant_keys(
    settings: &Settings,
    tenants: &TenantKeySettings,
) -> Result<Arc<TenantKeys>, StartError> {
    let file = KeyFile::new(settings.secrets_dir.join(&tenants.key_file));
    let own_key = OwnKey::read(file, settings.strict_secrets);
    let own_key = own_key.map_err(|source| StartError::Keys {
        key: "tenant_keys.key_file".to_owned(),
        source,
    })?;
    TenantKeys::begin(tenants, own_key).map_err(|reason| {
        StartError::Settings(SettingsError {
            key: "tenant_keys".to_owned(),
            reason,
        })
    })
}
