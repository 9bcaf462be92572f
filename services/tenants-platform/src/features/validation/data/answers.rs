//! Answers out of the cache, or put together anew.

use crate::features::{configuration, memberships, tenants};
use cache::{Answer, Cache, Policy, RedisStore};
use contracts::tenants::{TenantStatus, TenantValidation};
use fault::Fault;
use pg::{Db, DbError};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Well below the 30 seconds within which everybody learns of a suspension.
const KEPT_FOR: Duration = Duration::from_secs(5);
const LOCAL_BYTES: u64 = 8 * 1024 * 1024;

/// The answers.
#[derive(Clone)]
pub(crate) struct Validations {
    db: Db,
    cache: Cache,
}

#[derive(Debug, thiserror::Error)]
enum LoadError {
    #[error(transparent)]
    Database(#[from] DbError),
    #[error("an answer cannot be written")]
    Json(#[from] serde_json::Error),
}

impl Validations {
    pub(crate) fn new(db: Db, redis: Option<RedisStore>) -> Self {
        let policy = Policy {
            fresh_for: KEPT_FOR,
            keep_for: KEPT_FOR,
            local_bytes: LOCAL_BYTES,
        };
        Self {
            db,
            cache: Cache::new("validation", redis, policy),
        }
    }

    /// The answer about a tenant, as JSON; `None` where there is nothing to tell.
    pub(crate) async fn get(
        &self,
        tenant: Uuid,
        user: Option<&str>,
    ) -> Result<Option<Arc<Answer>>, Fault> {
        let key = match user {
            None => format!("mvp-platform:tenants:validation:{tenant}"),
            Some(user) => format!("mvp-platform:tenants:validation:{tenant}:{user}"),
        };
        let (db, user) = (self.db.clone(), user.map(str::to_owned));
        let load = move || async move {
            let found = load(&db, tenant, user.as_deref()).await?;
            Ok::<_, LoadError>(serde_json::to_vec(&found)?)
        };
        let answer = self.cache.get_or_load(&key, load).await;
        let answer = answer.map_err(|error| match &*error {
            LoadError::Database(cause) if cause.is_passing() => Fault::Database(DbError::Timeout),
            _ => Fault::broken("a validation cannot be put together", error),
        })?;
        Ok((answer.body.as_ref() != b"null").then_some(answer))
    }
}

async fn load(db: &Db, id: Uuid, user: Option<&str>) -> Result<Option<TenantValidation>, DbError> {
    let tenant = tenants::find(db, id).await?;
    let Some(tenant) = tenant.filter(|tenant| tenant.status != TenantStatus::Deleted) else {
        return Ok(None);
    };
    let role = match user {
        None => None,
        Some(user) => match memberships::role_of(db, id, user).await? {
            None => return Ok(None),
            role => role,
        },
    };
    Ok(Some(TenantValidation {
        tenant_id: id,
        valid: tenant.status == TenantStatus::Active,
        status: tenant.status,
        role,
        tenant_version: tenant.version,
        config_version: configuration::version_of(db, id).await?,
        features: tenants::plan_of(db, &tenant.plan)
            .await?
            .map_or_else(Vec::new, |plan| plan.features),
        quota: tenants::quota_of(db, id).await?,
        reason: tenant.reason,
        plan: tenant.plan,
    }))
}
