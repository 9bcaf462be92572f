//! Names are resolved here, and only public addresses come out: so a name that changes its mind after a check gains nothing.

use crate::features::webhooks::domain::address::is_public;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, SocketAddr};

/// Why an address is not sent to.
#[derive(Debug, thiserror::Error)]
#[error("the address is not in the public network")]
pub(super) struct NotPublic;

/// The resolver of the sender.
pub(super) struct PublicOnly {
    pub(super) allow_private: bool,
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found
                .filter(|address| allow_private || is_public(address.ip()))
                .collect();
            if public.is_empty() {
                return Err(NotPublic.into());
            }
            Ok::<Addrs, _>(Box::new(public.into_iter()))
        })
    }
}

/// An address written as digits is not resolved by anyone: it is judged as it stands.
pub(super) fn is_refused_literal(url: &reqwest::Url) -> bool {
    let Some(host) = url.host_str() else {
        return true;
    };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>()
        .is_ok_and(|address| !is_public(address))
}
