//! The route table: which upstream a path belongs to, and on what terms.

use crate::path::Oddities;
use crate::policy::{Policy, Verifiers};
use crate::settings::{RouteSettings, Settings, ms};
use http::{HeaderValue, Method};
use std::sync::Arc;
use std::time::Duration;

/// A route, ready for use.
pub(crate) struct Route {
    /// The prefix, which is also the name of the route in logs and metrics.
    pub(crate) prefix: String,
    /// The upstream's place in the list of upstreams.
    pub(crate) upstream: usize,
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

/// All routes, the longest prefix first.
pub(crate) struct RouteTable {
    routes: Vec<Route>,
}

impl RouteTable {
    /// Builds the table from valid settings.
    pub(crate) fn new(settings: &Settings) -> Self {
        let mut verifiers = Verifiers::default();
        let mut keyed = 0_usize;
        let mut routes: Vec<Route> = Vec::with_capacity(settings.routes.len());
        for route in &settings.routes {
            let keys = route.api_key.is_some().then_some(keyed);
            keyed = keyed.saturating_add(usize::from(keys.is_some()));
            let policy = Policy::of_route(settings, route, &mut verifiers);
            routes.push(build(settings, route, keys, policy));
        }
        routes.sort_by_key(|route| std::cmp::Reverse(route.prefix.len()));
        Self { routes }
    }

    /// The route of a canonical path, and its place in the table.
    pub(crate) fn find(&self, path: &str) -> Option<(usize, &Route)> {
        let of = |route: &Route| {
            route.prefix == "/"
                || path
                    .strip_prefix(route.prefix.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.routes.iter().enumerate().find(|(_, route)| of(route))
    }

    /// Every route, in the order of their places.
    pub(crate) fn all(&self) -> &[Route] {
        &self.routes
    }
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
    Route {
        prefix: route.prefix.clone(),
        upstream: settings
            .upstreams
            .keys()
            .position(|name| *name == route.upstream)
            .unwrap_or_default(),
        strip: route.strip_prefix.len(),
        methods: route
            .methods
            .iter()
            .filter_map(|m| m.parse().ok())
            .collect(),
        allow: HeaderValue::from_str(&allow).unwrap_or(HeaderValue::from_static("")),
        keys,
        forward_key: route.api_key.as_ref().is_some_and(|keys| keys.forward),
        body_limit: route.body_limit_bytes,
        answer_timeout: ms(route
            .answer_timeout_ms
            .unwrap_or_else(|| of_upstream(|u| u.answer_timeout_ms))),
        body_idle_timeout: ms(route
            .body_idle_timeout_ms
            .unwrap_or_else(|| of_upstream(|u| u.body_idle_timeout_ms))),
        permitted: route.permit_in_path,
        policy,
    }
}
