//! What an answer carries because of its route's policy.

use super::Policy;
use super::limits::Told;
use http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, STRICT_TRANSPORT_SECURITY};
use std::sync::Arc;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Kept with a request until its answer leaves; empty on a route without a policy.
#[derive(Default)]
pub(crate) struct Dress {
    /// The policy of the route.
    pub(crate) policy: Option<Arc<Policy>>,
    /// For answers by TLS, what they say about coming by TLS again.
    pub(crate) hsts: Option<HeaderValue>,
    /// What the limits said.
    pub(crate) told: Told,
}

impl Dress {
    /// Puts on the answer what the policy wants.
    pub(crate) fn put_on(&mut self, headers: &mut HeaderMap) {
        if let Some(hsts) = self.hsts.take() {
            // Where the upstream has said something, that stays.
            headers.entry(STRICT_TRANSPORT_SECURITY).or_insert(hsts);
        }
        let Some(policy) = &self.policy else { return };
        if let Some(limits) = &policy.limits {
            headers.insert(RATE_LIMIT_POLICY, limits.policy());
            if let Ok(left) = HeaderValue::from_str(&self.told.left)
                && !left.is_empty()
            {
                headers.insert(RATE_LIMIT, left);
            }
            if let Some(seconds) = self.told.retry_after_s {
                headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
            }
        }
    }
}
