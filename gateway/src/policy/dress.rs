//! What an answer carries because of its route's policy.

use super::cors::{self, Cors};
use super::limits::{Limits, Told};
use super::{BrowserHeaders, Policy, compress};
use http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    RETRY_AFTER, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{Method, StatusCode};
use std::sync::Arc;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// Kept with a request until its answer leaves; empty on a route without a policy.
#[derive(Default)]
pub(crate) struct Dress {
    /// The policy of the route; of the gateway, until there is a route.
    pub(crate) policy: Option<Arc<Policy>>,
    /// For answers by TLS, what they say about coming by TLS again.
    pub(crate) hsts: Option<HeaderValue>,
    /// What the limits said.
    pub(crate) told: Told,
    /// The page's origin, if it is listed.
    origin: Option<HeaderValue>,
    preflight: bool,
    gzip: bool,
}

impl Dress {
    /// Notes what a route's answer will depend on; true when the browser only asks beforehand.
    pub(crate) fn begin(&mut self, policy: &Arc<Policy>, request: &Parts) -> bool {
        self.policy = Some(Arc::clone(policy));
        if let Some(cors) = &policy.cors {
            self.origin = cors.origin_of(request);
            self.preflight = cors::is_preflight(request);
        }
        self.gzip = policy.compress
            && request.method != Method::HEAD
            && compress::accepts_gzip(&request.headers);
        self.preflight
    }

    /// Whether an upstream's answer is to be compressed; its head says so from now on.
    pub(crate) fn prepare_gzip(&self, status: StatusCode, headers: &mut HeaderMap) -> bool {
        let wanted = self.policy.as_ref().is_some_and(|policy| policy.compress);
        wanted && compress::prepare(status, headers, self.gzip)
    }

    /// Puts on the answer what the policy wants.
    pub(crate) fn put_on(&mut self, headers: &mut HeaderMap) {
        if let Some(hsts) = self.hsts.take() {
            // Where the upstream has said something, that stays.
            headers.entry(STRICT_TRANSPORT_SECURITY).or_insert(hsts);
        }
        let limits = self.policy.as_ref().and_then(|it| it.limits.as_ref());
        self.told.put_on(limits.map(Limits::policy), headers);
        let Some(policy) = &self.policy else { return };
        if let Some(cors) = &policy.cors {
            Cors::put_on(cors, headers, self.origin.take(), self.preflight);
        }
        if let Some(browser) = &policy.browser {
            browser.put_on(headers);
        }
    }
}

impl Told {
    /// Says which limits there are, the route's and the plan's, and what is left of them.
    fn put_on(&self, of_route: Option<HeaderValue>, headers: &mut HeaderMap) {
        if let Some(of_route) = of_route {
            headers.insert(RATE_LIMIT_POLICY, of_route);
        }
        // A list may stand on several lines (RFC 9651 §4.2).
        if let Ok(of_plan) = HeaderValue::from_str(&self.policy)
            && !of_plan.is_empty()
        {
            headers.append(RATE_LIMIT_POLICY, of_plan);
        }
        if let Ok(left) = HeaderValue::from_str(&self.left)
            && !left.is_empty()
        {
            headers.insert(RATE_LIMIT, left);
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
}

/// What browsers are told, ready to be written.
pub(crate) struct Browser {
    always: Vec<(HeaderName, HeaderValue)>,
    json: Option<HeaderValue>,
    other: Option<HeaderValue>,
}

impl Browser {
    /// From valid settings.
    pub(crate) fn new(settings: &BrowserHeaders) -> Self {
        let value = |text: &str| {
            let value = HeaderValue::from_str(text).ok();
            value.filter(|value| !value.is_empty())
        };
        let nosniff = if settings.nosniff { "nosniff" } else { "" };
        let always = [
            (X_CONTENT_TYPE_OPTIONS, value(nosniff)),
            (REFERRER_POLICY, value(&settings.referrer_policy)),
            (PERMISSIONS_POLICY, value(&settings.permissions_policy)),
        ];
        Self {
            always: always
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect(),
            json: value(&settings.json_policy),
            other: value(&settings.other_policy),
        }
    }

    /// What the upstream says itself stays.
    fn put_on(&self, headers: &mut HeaderMap) {
        let is_json = headers.get(CONTENT_TYPE).is_some_and(|kind| {
            let kind = kind.as_bytes();
            kind.starts_with(b"application/json") || kind.starts_with(b"application/problem+json")
        });
        let csp = if is_json { &self.json } else { &self.other };
        if let Some(csp) = csp {
            let entry = headers.entry(CONTENT_SECURITY_POLICY);
            entry.or_insert_with(|| csp.clone());
        }
        for (name, value) in &self.always {
            headers.entry(name).or_insert_with(|| value.clone());
        }
    }
}
