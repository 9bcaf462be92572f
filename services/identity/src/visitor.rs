//! Where a request comes from.

use crate::settings::SERVICE;
use crate::state::State;
use actix_web::dev::Payload;
use actix_web::http::header::USER_AGENT;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use audit::By;
use service::server::RequestId;
use std::convert::Infallible;
use std::fmt::Display;
use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const LONGEST_AGENT: usize = 200;

/// Where a request comes from.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    pub(crate) address: IpAddr,
    pub(crate) agent: String,
    pub(crate) request_id: Option<String>,
}

impl Visitor {
    /// As the audit has it.
    pub(crate) fn by(&self, actor: Option<&dyn Display>) -> By {
        By {
            consumer: SERVICE.to_owned(),
            actor: actor.map(ToString::to_string),
            request_id: self.request_id.clone(),
        }
    }

    /// Whom a limit counts together: an address, an IPv6 one by its /64.
    pub(crate) fn network(&self) -> String {
        match self.address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
            }
        }
    }
}

impl FromRequest for Visitor {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read: Result<_, Infallible> = Ok(read(request));
        ready(read.map_err(|never| match never {}))
    }
}

fn read(request: &HttpRequest) -> Visitor {
    let trusted = request
        .app_data::<Data<State>>()
        .is_some_and(|state| state.settings.behind_gateway);
    let told = trusted.then(|| forwarded_for(request)).flatten();
    let peer = request.peer_addr().map(|peer| peer.ip());
    let address = told.or(peer).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let agent = request.headers().get(USER_AGENT);
    let agent = agent.and_then(|agent| agent.to_str().ok());
    Visitor {
        address: address.to_canonical(),
        agent: agent
            .unwrap_or_default()
            .chars()
            .take(LONGEST_AGENT)
            .collect(),
        request_id: request
            .extensions()
            .get::<RequestId>()
            .map(|id| id.0.as_ref().to_owned()),
    }
}

/// The last entry is the gateway's own.
fn forwarded_for(request: &HttpRequest) -> Option<IpAddr> {
    let header = request.headers().get("x-forwarded-for")?.to_str().ok()?;
    header.rsplit(',').next()?.trim().parse().ok()
}
