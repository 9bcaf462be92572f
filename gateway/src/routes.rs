//! The route table: which upstream a path belongs to, and on what terms.

use crate::canary::Canary;
use crate::path::Oddities;
use crate::policy::{Policy, Verifiers};
use crate::settings::{RouteSettings, Settings, ms};
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

/// A route, ready for use.
pub(crate) struct Route {
    /// Its name in logs and metrics.
    pub(crate) name: String,
    /// The prefix.
    pub(crate) prefix: String,
    /// The hosts it is for; none is all.
    pub(crate) hosts: Vec<String>,
    /// The upstream's place in the list of upstreams.
    pub(crate) upstream: usize,
    /// Another upstream that gets some of the requests.
    pub(crate) canary: Option<Canary>,
    /// How long a WebSocket may be silent, if there may be one.
    pub(crate) websocket_idle: Option<Duration>,
    /// Whether it is closed for the time being.
    pub(crate) in_maintenance: bool,
    /// So many bytes are cut from the front of the path.
    pub(crate) strip: usize,
    /// The methods that pass.
    pub(crate) methods: Vec<Method>,
    /// The same as the value of `Allow`.
    pub(crate) allow: HeaderValue,
    /// The key ring's place in the list of key rings.
    pub(crate) keys: Option<usize>,
    /// Whether the upstream gets to see the key.
    pub(crate) forward_key: bool,
    /// Whether the upstream gets to see which tenant the client means.
    pub(crate) forward_tenant: bool,
    /// Bytes of a request body.
    pub(crate) body_limit: u64,
    /// For the head of the answer.
    pub(crate) answer_timeout: Duration,
    /// Without progress in the body of the answer.
    pub(crate) body_idle_timeout: Duration,
    /// Oddities of the path that pass.
    pub(crate) permitted: Oddities,
    /// What it asks of callers beyond a key, and puts on answers.
    pub(crate) policy: Option<Arc<Policy>>,
}

/// All routes: those for a host first, then the longest prefix first.
pub(crate) struct RouteTable {
    routes: Vec<Route>,
    knows_hosts: bool,
}

impl RouteTable {
    /// Builds the table from valid settings.
    pub(crate) fn new(settings: &Settings, verifiers: &mut Verifiers) -> Self {
        let mut keyed = 0_usize;
        let mut routes: Vec<Route> = Vec::with_capacity(settings.routes.len());
        for route in &settings.routes {
            let keys = route.api_key.is_some().then_some(keyed);
            keyed = keyed.saturating_add(usize::from(keys.is_some()));
            let policy = Policy::of_route(settings, route, verifiers);
            routes.push(build(settings, route, keys, policy));
        }
        routes.sort_by_key(|it| (it.hosts.is_empty(), Reverse(it.prefix.len())));
        Self {
            knows_hosts: routes.iter().any(|route| !route.hosts.is_empty()),
            routes,
        }
    }

    /// The route of a canonical path, and its place in the table. The host is asked for only when it
    /// matters.
    pub(crate) fn find<'a>(
        &self,
        path: &str,
        host: impl FnOnce() -> &'a str,
    ) -> Option<(usize, &Route)> {
        let host = if self.knows_hosts { host() } else { "" };
        let of = |route: &Route| {
            let hosts = &route.hosts;
            let is_for = hosts.is_empty() || hosts.iter().any(|it| it.eq_ignore_ascii_case(host));
            is_for
                && (route.prefix == "/"
                    || path
                        .strip_prefix(route.prefix.as_str())
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
        };
        self.routes.iter().enumerate().find(|(_, route)| of(route))
    }

    /// Every route, in the order of their places.
    pub(crate) fn all(&self) -> &[Route] {
        &self.routes
    }
}

impl Route {
    /// Whether the upstream gets to see `Authorization`; without a policy that is its own business.
    pub(crate) fn forwards_token(&self) -> bool {
        let policy = self.policy.as_ref();
        policy.is_none_or(|policy| policy.forwards_token())
    }

    /// The place of the upstream that a request goes to.
    pub(crate) fn upstream_for(&self, headers: &HeaderMap) -> usize {
        match &self.canary {
            Some(canary) if canary.takes(headers) => canary.upstream,
            _ => self.upstream,
        }
    }
}

/// The host that a request is for, without its port.
pub(crate) fn host_of<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> &'a str {
    let header = || headers.get(header::HOST)?.to_str().ok();
    let host = uri.host().or_else(header).unwrap_or_default();
    let end = match host.find(']') {
        Some(bracket) => bracket.saturating_add(1),
        None => host.find(':').unwrap_or(host.len()),
    };
    let host = host.get(..end).unwrap_or_default();
    host.strip_suffix('.').unwrap_or(host)
}

fn build(
    settings: &Settings,
    route: &RouteSettings,
    keys: Option<usize>,
    policy: Option<Arc<Policy>>,
) -> Route {
    let upstream = settings.upstreams.get(&route.upstream);
    let of_upstream = |get: fn(&crate::settings::UpstreamSettings) -> u64| upstream.map_or(0, get);
    let allow = route.methods.join(", ");
    let answer_timeout_ms = route
        .answer_timeout_ms
        .unwrap_or_else(|| of_upstream(|u| u.answer_timeout_ms));
    Route {
        name: route.name(),
        prefix: route.prefix.clone(),
        hosts: route.hosts.clone(),
        upstream: settings.place_of(&route.upstream),
        canary: route.canary.as_ref().map(|it| Canary::new(settings, it)),
        websocket_idle: (!route.upgrade.is_empty()).then(|| ms(route.upgrade_idle_ms)),
        in_maintenance: route.maintenance || settings.maintenance,
        strip: route.strip_prefix.len(),
        methods: route
            .methods
            .iter()
            .filter_map(|m| m.parse().ok())
            .collect(),
        allow: HeaderValue::from_str(&allow).unwrap_or(HeaderValue::from_static("")),
        keys,
        forward_key: route.api_key.as_ref().is_some_and(|keys| keys.forward),
        forward_tenant: route.forward_tenant,
        body_limit: route.body_limit_bytes,
        answer_timeout: ms(answer_timeout_ms),
        body_idle_timeout: ms(route
            .body_idle_timeout_ms
            .unwrap_or_else(|| of_upstream(|u| u.body_idle_timeout_ms))),
        permitted: route.permit_in_path,
        policy,
    }
}
