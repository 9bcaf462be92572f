//! What the operator's listener tells about routes, upstreams, certificates and keys of tenants, as JSON.

use crate::routes::Route;
use crate::state::Shared;
use crate::upstream::{BreakerState, Upstream, now_ms};
use serde_json::{Value, json};

/// `GET /routes`, in the order in which they are tried.
pub(crate) fn routes(shared: &Shared) -> Value {
    let name = |place: usize| shared.upstreams.get(place).map(|it| it.name.as_str());
    let of = |route: &Route| {
        json!({
            "prefix": route.prefix,
            "hosts": route.hosts,
            "upstream": name(route.upstream),
            "canary": route.canary.as_ref().map(|canary| json!({
                "upstream": name(canary.upstream),
                "weight": canary.weight,
            })),
            "websocket": route.websocket_idle.is_some(),
            "maintenance": route.in_maintenance,
            "strip_bytes": route.strip,
            "methods": route.methods.iter().map(http::Method::as_str).collect::<Vec<_>>(),
            "api_key": route.keys.is_some(),
            "body_limit_bytes": route.body_limit,
            "answer_timeout_ms": millis(route.answer_timeout),
        })
    };
    json!({ "routes": shared.routes.all().iter().map(of).collect::<Vec<_>>() })
}

/// `GET /upstreams`, in the order of their names.
pub(crate) fn upstreams(shared: &Shared) -> Value {
    let now_ms = now_ms();
    let of = |upstream: &Upstream| {
        let members = upstream.members().iter();
        let instances = members.map(|member| {
            let standing = &member.instance.standing;
            json!({
                "address": member.instance.authority.as_str(),
                "weight": member.weight,
                "healthy": standing.is_healthy(),
                "ejected_for_ms": standing.ejected_for_ms(now_ms),
                "requests_in_flight": member.instance.in_flight(),
            })
        });
        let breaker = match upstream.breaker().state(now_ms) {
            BreakerState::Closed => "closed",
            BreakerState::Open => "open",
            BreakerState::Probing => "probing",
        };
        json!({
            "name": upstream.name,
            "breaker": breaker,
            "last_request_failed": upstream.is_failing(),
            "instances": instances.collect::<Vec<_>>(),
        })
    };
    let all = shared.upstreams.iter().map(|upstream| of(upstream));
    json!({ "upstreams": all.collect::<Vec<_>>() })
}

/// `GET /certificates`.
pub(crate) fn certificates(shared: &Shared) -> Value {
    let all = shared.tls.iter().map(|tls| tls.certificate());
    json!({ "certificates": all.collect::<Vec<_>>() })
}

/// `GET /keys`.
pub(crate) fn keys(shared: &Shared) -> Value {
    let keys = shared.tenant_keys.as_ref();
    json!({ "tenant_keys": keys.map(|keys| keys.tell()) })
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
