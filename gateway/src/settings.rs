//! What the configuration file may say. Everything is checked before anything starts.

mod routing;
mod upstreams;

pub use routing::{CanaryHeader, CanarySettings};
pub use upstreams::{
    Balance, BreakerSettings, EjectionSettings, HealthCheckSettings, InstanceSettings,
    RetrySettings, UpstreamSettings,
};

use crate::head::METHODS;
use crate::path::Oddities;
use crate::policy::{
    AddressSettings, BrowserHeaders, CorsSettings, LimitSettings, QuotaSettings, RedisSettings,
    validate_browser, validate_limits,
};
use crate::tenant_keys::TenantKeySettings;
use crate::tls::TlsSettings;
use access::TokenSettings;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The whole configuration.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own in the settings"
)]
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The public door.
    pub listen: Listen,
    /// Metrics and detailed health, for the operator alone.
    pub admin: Listen,
    /// Threads that serve; 0 is one a processor.
    #[serde(default)]
    pub workers: usize,
    /// Where relative key files lie.
    #[serde(default = "default_secrets_dir")]
    pub secrets_dir: PathBuf,
    /// Refuse key files that everyone may read.
    #[serde(default)]
    pub strict_secrets: bool,
    /// One JSON line a request on stdout.
    #[serde(default = "yes")]
    pub access_log: bool,
    /// What a request may measure.
    #[serde(default)]
    pub limits: Limits,
    /// How long a client may take.
    #[serde(default)]
    pub timeouts: Timeouts,
    /// Answer 503 on every route.
    #[serde(default)]
    pub maintenance: bool,
    /// The services behind the gateway, by name.
    pub upstreams: BTreeMap<String, UpstreamSettings>,
    /// Which path goes where.
    pub routes: Vec<RouteSettings>,
    /// Who may come at all; the gateway's own health is for everybody.
    #[serde(default)]
    pub addresses: Option<AddressSettings>,
    /// Which pages of other origins may use the routes; a route may have its own rules instead.
    #[serde(default)]
    pub cors: Option<CorsSettings>,
    /// What browsers are told; a route may have its own instead.
    #[serde(default)]
    pub browser_headers: Option<BrowserHeaders>,
    /// Whether answers are compressed; a route may say otherwise.
    #[serde(default)]
    pub compress: bool,
    /// The encrypted door, beside `listen`.
    #[serde(default)]
    pub tls: Option<TlsSettings>,
    /// Where several gateways count their callers' requests together.
    #[serde(default)]
    pub redis: Option<RedisSettings>,
    /// The tenants platform, which knows the keys of tenants.
    #[serde(default)]
    pub tenant_keys: Option<TenantKeySettings>,
}

/// An address to listen on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// An IP address; `0.0.0.0` is every interface.
    pub host: IpAddr,
    /// A port; 0 is any free one.
    pub port: u16,
}

/// Limits on what clients send.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections open at once; more are closed at once.
    pub max_connections: usize,
    /// Bytes of a request target.
    pub target_bytes: usize,
    /// Bytes of a request head.
    pub head_bytes: usize,
    /// Header fields of a request.
    pub headers: usize,
    /// What a client must send of a body, or take of an answer, each second on average.
    pub min_bytes_per_second: u32,
}

/// Times granted to clients.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// For a whole head.
    pub head_ms: u64,
    /// Without progress in a body, either way.
    pub body_idle_ms: u64,
    /// For a whole request body.
    pub body_ms: u64,
    /// Between two requests of a connection.
    pub keep_alive_ms: u64,
    /// How long new requests are still taken after the wish to stop.
    pub last_call_ms: u64,
    /// For requests in flight after that.
    pub stop_ms: u64,
}

/// A path and what is behind it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteSettings {
    /// Whole segments from the start of the path, for example `/platform/vehicles`.
    pub prefix: String,
    /// The hosts it is for; none is all. A route for a host goes before one for all.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// A name from `upstreams`.
    pub upstream: String,
    /// Another upstream that gets some of the requests.
    #[serde(default)]
    pub canary: Option<CanarySettings>,
    /// The protocols that a client may switch to: `websocket`.
    #[serde(default)]
    pub upgrade: Vec<String>,
    /// Without a byte either way after such a switch.
    #[serde(default = "routing::default_upgrade_idle_ms")]
    pub upgrade_idle_ms: u64,
    /// Answer 503 instead.
    #[serde(default)]
    pub maintenance: bool,
    /// What is cut from the front of the path before it is forwarded.
    #[serde(default)]
    pub strip_prefix: String,
    /// The methods that are forwarded.
    #[serde(default = "default_methods")]
    pub methods: Vec<String>,
    /// Who may pass; without it, everyone.
    #[serde(default)]
    pub api_key: Option<ApiKeySettings>,
    /// Bytes of a request body.
    #[serde(default = "default_body_limit")]
    pub body_limit_bytes: u64,
    /// Instead of the upstream's.
    #[serde(default)]
    pub answer_timeout_ms: Option<u64>,
    /// Instead of the upstream's.
    #[serde(default)]
    pub body_idle_timeout_ms: Option<u64>,
    /// Oddities of the path that the upstream is known to read as written.
    #[serde(default)]
    pub permit_in_path: Oddities,
    /// The rates that callers keep.
    #[serde(default)]
    pub limits: Vec<LimitSettings>,
    /// The tokens that open the route; without it, none is asked for.
    #[serde(default)]
    pub token: Option<TokenSettings>,
    /// Whether the upstream checks the token itself and so gets to see it.
    #[serde(default)]
    pub forward_token: bool,
    /// Whether the upstream gets to see the client's `X-Tenant-Id`, because it asks itself who belongs there.
    #[serde(default)]
    pub forward_tenant: bool,
    /// Who may come here, beside what `addresses` says for all.
    #[serde(default)]
    pub addresses: Option<AddressSettings>,
    /// Instead of what is said for all.
    #[serde(default)]
    pub cors: Option<CorsSettings>,
    /// Instead of what is said for all.
    #[serde(default)]
    pub browser_headers: Option<BrowserHeaders>,
    /// Instead of what is said for all.
    #[serde(default)]
    pub compress: Option<bool>,
    /// How much a caller may ask in a day.
    #[serde(default)]
    pub quota: Option<QuotaSettings>,
}

/// Which API keys open a route.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKeySettings {
    /// What the keys permit, for logs and documentation.
    pub scope: String,
    /// One file a consumer; see the crate `access`.
    pub files: Vec<PathBuf>,
    /// Whether keys of tenants with this scope open it too; wants `tenant_keys`.
    #[serde(default)]
    pub tenants: bool,
    /// The file whose first key the upstream sees instead of a tenant's; read at the start and when the settings are.
    #[serde(default)]
    pub upstream_key: Option<PathBuf>,
    /// Whether the upstream checks the key itself and so gets to see it.
    #[serde(default)]
    pub forward: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            target_bytes: 8 * 1024,
            head_bytes: 32 * 1024,
            headers: 100,
            // What Apache's mod_reqtimeout asks of bodies.
            min_bytes_per_second: 500,
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            head_ms: 10_000,
            body_idle_ms: 30_000,
            body_ms: 300_000,
            keep_alive_ms: 60_000,
            last_call_ms: 250,
            stop_ms: 24_000,
        }
    }
}

fn default_secrets_dir() -> PathBuf {
    PathBuf::from("secrets")
}
const fn yes() -> bool {
    true
}
fn default_methods() -> Vec<String> {
    vec!["GET".to_owned(), "HEAD".to_owned()]
}
const fn default_body_limit() -> u64 {
    1024 * 1024
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {reason}")]
pub struct SettingsError {
    /// The key, as a path of names.
    pub key: String,
    /// What is wrong with its value.
    pub reason: String,
}

fn wrong(key: impl Into<String>, reason: impl Into<String>) -> SettingsError {
    SettingsError {
        key: key.into(),
        reason: reason.into(),
    }
}

impl Settings {
    /// Checks what types alone cannot: names that must exist, forms, and values without sense.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let positive = [
            ("limits.max_connections", self.limits.max_connections),
            ("limits.target_bytes", self.limits.target_bytes),
            ("limits.head_bytes", self.limits.head_bytes),
            ("limits.headers", self.limits.headers),
        ];
        if self.limits.min_bytes_per_second == 0 {
            return Err(wrong("limits.min_bytes_per_second", "must be at least 1"));
        }
        if let Some((key, _)) = positive.iter().find(|(_, value)| *value == 0) {
            return Err(wrong(*key, "must be at least 1"));
        }
        // The HTTP library behind the judge reads at most this much.
        if self.limits.head_bytes > 65_536 {
            return Err(wrong("limits.head_bytes", "must be at most 65536"));
        }
        if self.limits.headers > 200 {
            return Err(wrong("limits.headers", "must be at most 200"));
        }
        for (name, upstream) in &self.upstreams {
            let key = format!("upstreams.{name}");
            if !is_name(name) {
                return Err(wrong(key, NAME_RULE));
            }
            upstream.validate(&key)?;
        }
        validate_browser("", self.cors.as_ref(), self.browser_headers.as_ref())?;
        if let Some(tenants) = &self.tenant_keys {
            crate::tenant_keys::validate(tenants)?;
        }
        for (index, route) in self.routes.iter().enumerate() {
            self.validate_route(&format!("routes[{index}]"), index, route)?;
        }
        Ok(())
    }

    /// The place of an upstream in the order of the names.
    pub(crate) fn place_of(&self, upstream: &str) -> usize {
        let place = self.upstreams.keys().position(|name| name == upstream);
        place.unwrap_or_default()
    }

    fn validate_route(
        &self,
        key: &str,
        index: usize,
        route: &RouteSettings,
    ) -> Result<(), SettingsError> {
        let plain = crate::path::canonicalise(&route.prefix)
            .is_ok_and(|path| path.text == route.prefix && path.oddities == Oddities::default());
        if !plain || (route.prefix.len() > 1 && route.prefix.ends_with('/')) {
            let reason = "must be a plain path without a slash at its end";
            return Err(wrong(format!("{key}.prefix"), reason));
        }
        let mut others = self.routes.iter().take(index);
        if others.any(|other| other.collides_with(route)) {
            return Err(wrong(format!("{key}.prefix"), "is there twice"));
        }
        if !self.upstreams.contains_key(&route.upstream) {
            let reason = format!("there is no upstream named {}", route.upstream);
            return Err(wrong(format!("{key}.upstream"), reason));
        }
        route.validate_routing(key, self)?;
        let stripped = route.prefix.strip_prefix(&route.strip_prefix);
        if !stripped.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            let reason = "must be whole segments from the start of prefix";
            return Err(wrong(format!("{key}.strip_prefix"), reason));
        }
        if route.methods.is_empty() {
            return Err(wrong(format!("{key}.methods"), "must name a method"));
        }
        if let Some(method) = route
            .methods
            .iter()
            .find(|m| !METHODS.contains(&m.as_str()))
        {
            let reason = format!("{method} is not one of {}", METHODS.join(", "));
            return Err(wrong(format!("{key}.methods"), reason));
        }
        if let Some(Err((name, reason))) = route.token.as_ref().map(TokenSettings::validate) {
            return Err(wrong(format!("{key}.token.{name}"), reason));
        }
        validate_browser(key, route.cors.as_ref(), route.browser_headers.as_ref())?;
        validate_limits(key, &route.limits, route.quota.as_ref())?;
        match &route.api_key {
            Some(api_key) if api_key.tenants && self.tenant_keys.is_none() => {
                let reason = "wants tenant_keys, which says where they are known";
                Err(wrong(format!("{key}.api_key.tenants"), reason))
            }
            Some(api_key) if api_key.files.is_empty() && !api_key.tenants => {
                let reason = "must name a file; leave api_key out to let everyone pass";
                Err(wrong(format!("{key}.api_key.files"), reason))
            }
            Some(api_key) if !api_key.files.iter().all(|file| is_consumer(file)) => {
                let reason = format!("each file's name is a consumer's: it {NAME_RULE}");
                Err(wrong(format!("{key}.api_key.files"), reason))
            }
            _ => Ok(()),
        }
    }
}

/// Names stand in logs, metrics and headers, none of which should need escaping.
const NAME_RULE: &str = "must be made of letters, digits, `.`, `_` and `-`";

fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    !name.is_empty() && name.bytes().all(plain)
}

fn is_consumer(file: &Path) -> bool {
    let name = file.file_stem().and_then(std::ffi::OsStr::to_str);
    name.is_some_and(is_name)
}

/// Milliseconds of the configuration as a duration.
pub const fn ms(value: u64) -> Duration {
    Duration::from_millis(value)
}
