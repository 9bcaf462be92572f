//! Whose data a request is about, and what the person may do there: the word of the tenants platform, never older than a minute.

mod me;
mod member;
mod right;
mod telling;

pub(crate) use me::get_me;
pub(crate) use member::{Member, TenantHeader};
pub(crate) use right::{Adds, Edits, Views};

use crate::settings::Settings;
use cache::{Cache, Policy};
use contracts::tenants::{Role, TenantValidation};
use fault::Fault;
use problem::{Code, Problem};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use service::health::Health;
use std::sync::Arc;
use std::time::Duration;
use upstream::{Asking, Edition, NoAnswer, Operation, Question, Reads, SetupError, Upstream};
use uuid::Uuid;

/// What the platform says of itself may be ten seconds old; with this it is under the minute that it may be in all.
const KEPT: Duration = Duration::from_secs(45);
/// The younger what is kept when the platform falls silent, the longer it lasts.
const FRESH: Duration = Duration::from_secs(5);
/// The breaker must ask again before what is kept has ended.
const OPEN_AT_MOST_MS: u64 = 10_000;
const LOCAL_BYTES: u64 = 4 * 1024 * 1024;
/// Personal tenants that are remembered; which one is whose never changes.
const PEOPLE: u64 = 100_000;
/// How long a caller waits at most.
pub(crate) const PATIENCE: Duration = Duration::from_secs(4);

/// What the tenants platform knows of people.
#[derive(Clone)]
pub(crate) struct Tenancy {
    memberships: Reads,
    checking: Operation,
    making: Operation,
    listing: Operation,
    telling: Operation,
    personal: moka::sync::Cache<Arc<str>, Uuid>,
}

#[derive(Deserialize)]
struct MadeTenant {
    id: Uuid,
}

/// A tenant that a person belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Membership {
    pub(crate) tenant: Arc<TenantValidation>,
    pub(crate) role: Role,
}

impl Tenancy {
    pub(crate) fn new(settings: &Settings) -> Result<Self, SetupError> {
        let mut settings = settings.platform_tenants.clone();
        settings.breaker.open_ms = settings.breaker.open_ms.min(OPEN_AT_MOST_MS);
        let upstream = Upstream::new("platform_tenants", &settings)?;
        let checking = upstream.operation("memberships");
        let policy = Policy {
            fresh_for: FRESH,
            keep_for: KEPT,
            local_bytes: LOCAL_BYTES,
        };
        // In the process alone: what a Redis holds would have an age more to count.
        let cache = Cache::new("memberships", None, policy);
        let memberships = Reads::new(checking.clone(), cache, FRESH, Edition::named_by(""));
        Ok(Self {
            memberships,
            making: upstream.operation("making"),
            listing: upstream.operation("listing"),
            telling: upstream.operation("usage"),
            checking,
            personal: moka::sync::Cache::new(PEOPLE),
        })
    }

    /// Adds the platform to `/health`.
    pub(crate) fn watch(&self, health: Health) -> Health {
        let operations = [&self.checking, &self.making, &self.listing, &self.telling];
        let operations = operations.map(Operation::clone).to_vec();
        upstream::watch(health, "platform_tenants", operations)
    }

    /// The tenant that a person asks for, or its own, as far as it belongs there.
    pub(crate) async fn membership(
        &self,
        subject: &Arc<str>,
        wanted: Option<Uuid>,
        asking: &Asking,
    ) -> Result<Membership, Problem> {
        let tenant = match wanted {
            Some(tenant) => tenant,
            None => self.personal(subject, asking).await?,
        };
        let user = encoded(subject);
        let question = Question::get(format!("/tenants/{tenant}/validate?user={user}"));
        let key = format!("{tenant}/{subject}");
        let reading = self.memberships.read(&key, &question, asking).await;
        let reading = reading.map_err(|error| no_answer(&error))?;
        let said: TenantValidation = serde_json::from_slice(&reading.body)
            .map_err(|error| Problem::from(Fault::broken("a membership cannot be read", error)))?;
        if !said.valid {
            return Err(closed(&said));
        }
        let role = said.role.ok_or_else(stranger)?;
        Ok(Membership {
            tenant: Arc::new(said),
            role,
        })
    }

    /// The tenant that everybody has alone; made when a person comes for the first time.
    async fn personal(&self, subject: &Arc<str>, asking: &Asking) -> Result<Uuid, Problem> {
        if let Some(known) = self.personal.get(subject) {
            return Ok(known);
        }
        // The same id again answers the same tenant, so asking twice makes no second one.
        let external_id = personal_id(subject);
        let body = json!({ "name": "Personal", "external_id": external_id, "owner": &**subject });
        let question = Question::post("/tenants", body.to_string());
        let made: MadeTenant = ask(&self.making, &question, asking, "Your own tenant").await?;
        self.personal.insert(Arc::clone(subject), made.id);
        Ok(made.id)
    }
}

/// Asks what can only be answered with a success: whoever is signed in has done nothing that could be refused. `what` is
/// not to be had otherwise.
async fn ask<T: DeserializeOwned>(
    operation: &Operation,
    question: &Question,
    asking: &Asking,
    what: &'static str,
) -> Result<T, Problem> {
    let reply = operation.call(question, asking).await;
    let reply = reply.map_err(|failure| away(failure.retry_after()))?;
    if !reply.status.is_success() {
        let status = reply.status.as_u16();
        tracing::error!(status, what, "the tenants platform refuses a question");
        return Err(Problem::new(Code::BadGateway).detail(format!("{what} cannot be had.")));
    }
    serde_json::from_slice(&reply.body)
        .map_err(|error| Fault::broken("the tenants platform cannot be understood", error).into())
}

/// What the platform knows a personal tenant by. A subject of up to 255 characters may be longer than the id may be.
fn personal_id(subject: &str) -> String {
    use sha2::{Digest, Sha256};
    use std::fmt::Write;
    let digest = Sha256::digest(subject.as_bytes());
    digest.iter().fold("personal:".to_owned(), |mut id, byte| {
        let _ = write!(id, "{byte:02x}");
        id
    })
}

/// For a path or a query.
fn encoded(subject: &str) -> String {
    form_urlencoded::byte_serialize(subject.as_bytes()).collect()
}

/// One answer for a tenant that is not there and one that is somebody else's.
fn stranger() -> Problem {
    Problem::new(Code::NotFound)
        .detail("You belong to no such tenant.")
        .error("/header/X-Tenant-Id", "is no tenant of yours")
}

fn closed(said: &TenantValidation) -> Problem {
    let reason = said.reason.as_deref().unwrap_or("no reason was given");
    Problem::new(Code::Forbidden)
        .detail(format!("The tenant is {}: {reason}.", said.status.as_str()))
        .error("/header/X-Tenant-Id", "is not in use")
}

fn no_answer(error: &NoAnswer) -> Problem {
    match error {
        NoAnswer::Refused(reply) if reply.status.as_u16() == 404 => stranger(),
        NoAnswer::Refused(reply) => {
            tracing::error!(status = reply.status.as_u16(), "a membership is refused");
            Problem::new(Code::BadGateway).detail("Your tenants cannot be had.")
        }
        NoAnswer::Unavailable(wait) => away(*wait),
    }
}

fn away(wait: Duration) -> Problem {
    let seconds = wait.as_millis().div_ceil(1_000).max(1);
    Problem::new(Code::Unavailable)
        .detail("Who may see what cannot be said now.")
        .retry_after_s(u32::try_from(seconds).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_an_id_of_one_length() {
        assert_ne!(personal_id("a"), personal_id("b"));
        assert_eq!(personal_id(&"a".repeat(255)).len(), personal_id("a").len());
    }
}
