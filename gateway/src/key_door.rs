//! Who may pass a route that asks for an API key: consumers with a key file, and programs of tenants.

use crate::policy::Counts;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::request_headers::API_KEY;
use crate::settings::{ApiKeySettings, Settings};
use crate::state::StartError;
use crate::tenant_keys::TenantKeys;
use access::{Consumer, KeyFile, WatchedKeyRing};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use std::net::IpAddr;
use std::sync::Arc;

/// The keys of one route.
pub(crate) struct KeyDoor {
    ring: WatchedKeyRing,
    tenants: Option<TenantDoor>,
}

/// What a route says of tenants' keys.
struct TenantDoor {
    keys: Arc<TenantKeys>,
    scope: String,
    /// What the upstream sees instead of a tenant's key.
    upstream_key: Option<HeaderValue>,
}

impl KeyDoor {
    /// The doors, in the order of the routes in the settings. Their key files are watched from now on.
    pub(crate) fn all(
        settings: &Settings,
        tenants: Option<&Arc<TenantKeys>>,
    ) -> Result<Vec<Self>, StartError> {
        let asking = settings.routes.iter().enumerate();
        asking
            .filter_map(|(index, route)| Some((index, route.api_key.as_ref()?)))
            .map(|(index, api_key)| Self::new(settings, index, api_key, tenants))
            .collect()
    }

    fn new(
        settings: &Settings,
        index: usize,
        api_key: &ApiKeySettings,
        tenants: Option<&Arc<TenantKeys>>,
    ) -> Result<Self, StartError> {
        let unreadable = |name: &str, source| StartError::Keys {
            key: format!("routes[{index}].api_key.{name}"),
            source,
        };
        let file = |file| KeyFile::new(settings.secrets_dir.join(file));
        let files = api_key.files.iter().map(file).collect();
        let ring = WatchedKeyRing::watch(files, settings.strict_secrets);
        let upstream_key = api_key.upstream_key.as_ref().map(|path| {
            let first = file(path).first(settings.strict_secrets);
            first.map_err(|source| unreadable("upstream_key", source))
        });
        let upstream_key = upstream_key.transpose()?;
        Ok(Self {
            ring: ring.map_err(|source| unreadable("files", source))?,
            tenants: tenants.filter(|_| api_key.tenants).map(|keys| TenantDoor {
                keys: Arc::clone(keys),
                scope: api_key.scope.clone(),
                // A key is printable ASCII, so it can be a header.
                upstream_key: upstream_key.and_then(|key| HeaderValue::try_from(key).ok()),
            }),
        })
    }

    /// Lets a consumer in, or a program of a tenant; which of them, is written down.
    pub(crate) async fn admit(
        &self,
        request: &Parts,
        address: IpAddr,
        counts: &Counts<'_>,
        record: &mut Record,
    ) -> Result<(), Refusal> {
        let key = request.headers.get(API_KEY).ok_or(Refusal::KeyMissing)?;
        let key = key.to_str().map_err(|_| Refusal::KeyUnknown)?;
        let Some(door) = self.tenants.as_ref().filter(|_| TenantKeys::is_one(key)) else {
            record.consumer = Some(self.ring.verify(key).ok_or(Refusal::KeyUnknown)?);
            return Ok(());
        };
        // Boxed, because every connection has room for what is not.
        let wanted = (door.scope.as_str(), address);
        let told = &mut record.dress.told;
        let known = Box::pin(door.keys.admit(key, wanted, counts, told)).await?;
        record.consumer = Some(Consumer::new(&known.id));
        record.tenant = Some(known.tenant.clone());
        Ok(())
    }

    /// Puts the gateway's own key in the place of a tenant's, which no upstream gets to see.
    pub(crate) fn replace_key(&self, headers: &mut HeaderMap) {
        headers.remove(API_KEY);
        let key = self
            .tenants
            .as_ref()
            .and_then(|door| door.upstream_key.as_ref());
        if let Some(key) = key {
            headers.insert(API_KEY, key.clone());
        }
    }
}
