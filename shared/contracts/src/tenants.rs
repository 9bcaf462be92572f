//! What the tenants platform says of a tenant.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Where a tenant is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TenantStatus {
    /// Being set up.
    Provisioning,
    /// In use.
    Active,
    /// Switched off, with everything kept.
    Suspended,
    /// Deleted; can be brought back until the grace period ends.
    Deleting,
    /// Gone. Its id and its slug are never given again.
    Deleted,
}

/// What a member may do, the most first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything, deleting the tenant included.
    Owner,
    /// Everything but owners and the tenant's life.
    Manager,
    /// Changes what belongs to the tenant.
    Editor,
    /// Adds readings and fuel.
    Driver,
    /// Reads.
    Viewer,
}

/// What is used of something that the plan limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Quota {
    /// What the plan includes; null for no limit.
    pub limit: Option<i64>,
    /// What is used of it; of `requests_per_day`, today (UTC).
    pub used: i64,
}

/// Whether a tenant may be served now, and what a service must know to serve it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TenantValidation {
    /// The tenant.
    pub tenant_id: Uuid,
    /// Whether it may be served.
    pub valid: bool,
    /// Where it is in its life.
    pub status: TenantStatus,
    /// Why it is not active, in the words of who did it.
    pub reason: Option<String>,
    /// What the person that was asked for may do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The plan.
    #[schema(example = "family")]
    pub plan: String,
    /// Counts changes of the tenant.
    pub tenant_version: i64,
    /// Counts changes of its configuration.
    pub config_version: i64,
    /// What the plan switches on.
    pub features: Vec<String>,
    /// By metric: `vehicles`, `storage_bytes`, `members`, `requests_per_day`.
    pub quota: BTreeMap<String, Quota>,
}

impl Role {
    /// Every role, the most powerful first.
    pub const ALL: [Self; 5] = [
        Self::Owner,
        Self::Manager,
        Self::Editor,
        Self::Driver,
        Self::Viewer,
    ];

    /// As JSON and the database have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Manager => "manager",
            Self::Editor => "editor",
            Self::Driver => "driver",
            Self::Viewer => "viewer",
        }
    }

    /// The role of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

impl TenantStatus {
    /// Every status, in the order of a life.
    pub const ALL: [Self; 5] = [
        Self::Provisioning,
        Self::Active,
        Self::Suspended,
        Self::Deleting,
        Self::Deleted,
    ];

    /// As JSON and the database have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deleting => "deleting",
            Self::Deleted => "deleted",
        }
    }

    /// The status of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// Whose API key it is, and what it may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VerifiedKey {
    /// The key's id; no secret.
    #[schema(example = "aB3dE6gH9jK2")]
    pub id: String,
    /// Whom it acts for.
    pub tenant_id: Uuid,
    /// As `vehicles:read` or `vehicles:*`.
    pub scopes: Vec<String>,
    /// CIDR; none means everywhere.
    pub networks: Vec<String>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
    /// What the tenant's plan includes.
    pub requests_per_day: Option<i64>,
    /// What was counted of it today (UTC) so far.
    pub requests_today: i64,
    /// The day that `requests_today` is of: a reader's own may have ended or begun.
    #[serde(default)]
    #[schema(format = Date)]
    pub today: String,
    /// How fast the programs of the tenant may ask, all of them together; null is as fast as they can.
    pub requests_per_minute: Option<u32>,
    /// So many of them at once; null is all of them.
    pub burst: Option<u32>,
    /// For how long, in seconds, this may be kept without following the events.
    pub keep_s: u32,
}

/// What a tenant's programs have asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RequestsToday {
    /// The tenant.
    pub tenant_id: Uuid,
    /// What was counted today (UTC) so far.
    pub requests_today: i64,
    /// The day that this is of.
    #[schema(format = Date)]
    pub today: String,
}

/// Whether one of the scopes includes what is wanted: the same, or all rights of its service (`vehicles:*`).
pub fn scopes_permit(scopes: &[String], wanted: &str) -> bool {
    scopes.iter().any(|scope| {
        scope == wanted
            || scope
                .strip_suffix('*')
                .is_some_and(|service| service.ends_with(':') && wanted.starts_with(service))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_all_rights_of_its_service_alone() {
        let scopes = ["vehicles:read", "fuel:*"].map(str::to_owned);
        assert!(scopes_permit(&scopes, "vehicles:read"));
        assert!(scopes_permit(&scopes, "fuel:write"));
        assert!(!scopes_permit(&scopes, "vehicles:write"));
        assert!(!scopes_permit(&scopes, "fuels:write"));
        assert!(!scopes_permit(&scopes, "vehicles:readings"));
    }
}
