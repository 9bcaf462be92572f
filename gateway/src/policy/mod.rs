//! What a route asks of its callers beyond a key, and what its answers carry.
//!
//! A route that asks for nothing has no policy, and its requests pay nothing.

mod bearer;
mod browser_settings;
mod compress;
mod cors;
mod dress;
mod gcra;
mod limit_settings;
mod limits;
mod local_counts;
mod plan;
mod redis_counts;
mod spent;

pub use browser_settings::{AddressSettings, BrowserHeaders, CorsSettings};
pub use limit_settings::{LimitBy, LimitSettings, OnRedisFailure, QuotaSettings, RedisSettings};

pub(crate) use bearer::Verifiers;
pub(crate) use browser_settings::validate as validate_browser;
pub(crate) use dress::Dress;
pub(crate) use limit_settings::validate as validate_limits;
pub(crate) use limits::{Counts, Told};
pub(crate) use local_counts::LocalCounts;
pub(crate) use plan::PlanLimits;
pub(crate) use redis_counts::RedisCounts;
pub(crate) use spent::Spent;

use crate::proxy::{Client, Worker};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::settings::{RouteSettings, Settings};
use crate::state::Shared;
use access::TokenVerifier;
use cors::Cors;
use dress::Browser;
use http::HeaderMap;
use limits::{Limits, Who};
use std::sync::Arc;

/// The policy of one route.
pub(crate) struct Policy {
    limits: Option<Limits>,
    token: Option<TokenVerifier>,
    addresses: Option<AddressSettings>,
    cors: Option<Cors>,
    browser: Option<Browser>,
    compress: bool,
    forward_token: bool,
}

impl Policy {
    /// The policy of a route with valid settings; None when it asks for nothing.
    pub(crate) fn of_route(
        settings: &Settings,
        route: &RouteSettings,
        verifiers: &mut Verifiers,
    ) -> Option<Arc<Self>> {
        let cors = route.cors.as_ref().or(settings.cors.as_ref());
        let browser = route.browser_headers.as_ref();
        let browser = browser.or(settings.browser_headers.as_ref());
        let policy = Self {
            limits: Limits::new(&route.name(), &route.limits, route.quota.as_ref()),
            token: route.token.as_ref().map(|token| verifiers.of(token)),
            forward_token: route.forward_token,
            addresses: route.addresses.clone(),
            cors: cors.map(|cors| Cors::new(cors, &route.methods)),
            browser: browser.map(Browser::new),
            compress: route.compress.unwrap_or(settings.compress),
        };
        let asks = policy.limits.is_some()
            || policy.token.is_some()
            || policy.addresses.is_some()
            || policy.cors.is_some()
            || policy.browser.is_some()
            || policy.compress;
        asks.then(|| Arc::new(policy))
    }

    /// What the gateway's own answers carry, before a route is known.
    pub(crate) fn of_gateway(settings: &Settings) -> Option<Arc<Self>> {
        let browser = settings.browser_headers.as_ref().map(Browser::new)?;
        Some(Arc::new(Self {
            limits: None,
            token: None,
            forward_token: false,
            addresses: None,
            cors: None,
            browser: Some(browser),
            compress: false,
        }))
    }

    /// Whether the upstream gets to see `Authorization`; a route without tokens has no say in it.
    pub(crate) const fn forwards_token(&self) -> bool {
        self.forward_token || self.token.is_none()
    }

    /// What is judged of a request that is not known to be anybody's.
    pub(crate) async fn judge_stranger(
        &self,
        (worker, shared): (&Worker, &Shared),
        client: &Client,
        record: &mut Record,
    ) -> Result<(), Refusal> {
        if let Some(addresses) = &self.addresses
            && !addresses.permit(client.ip)
        {
            return Err(Refusal::AddressDenied);
        }
        let Some(limits) = &self.limits else {
            return Ok(());
        };
        let mut told = std::mem::take(&mut record.dress.told);
        let who = who(client, record);
        let judged = limits
            .judge_address(&worker.counts(shared), who, &mut told)
            .await;
        record.dress.told = told;
        judged
    }

    /// The caller's token, and what is judged when the caller is known.
    pub(crate) async fn judge_caller(
        &self,
        (worker, shared): (&Worker, &Shared),
        client: &Client,
        headers: &HeaderMap,
        record: &mut Record,
    ) -> Result<(), Refusal> {
        if let Some(verifier) = &self.token {
            record.caller = Some(bearer::caller(verifier, headers).await?);
        }
        let Some(limits) = &self.limits else {
            return Ok(());
        };
        let mut told = std::mem::take(&mut record.dress.told);
        let who = who(client, record);
        let judged = limits
            .judge_caller(&worker.counts(shared), who, &mut told)
            .await;
        record.dress.told = told;
        judged
    }
}

fn who<'a>(client: &Client, record: &'a Record) -> Who<'a> {
    Who {
        consumer: record.consumer.as_ref().map(access::Consumer::name),
        subject: record.caller.as_ref().map(|caller| &*caller.subject),
        address: client.ip,
    }
}
