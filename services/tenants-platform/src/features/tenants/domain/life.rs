//! From which status which step leads where.

use TenantStatus::{Active, Deleted, Deleting, Provisioning, Suspended};
use contracts::tenants::TenantStatus;

/// What can be done to a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Activate,
    Suspend,
    Resume,
    Delete,
    Restore,
    /// The end of the grace period.
    Purge,
}

/// Where a step leads; `None` where it cannot be taken. `before`: where the tenant was when it was deleted.
pub(crate) fn after(
    status: TenantStatus,
    step: Step,
    before: Option<TenantStatus>,
) -> Option<TenantStatus> {
    match (step, status) {
        (Step::Activate, Provisioning) | (Step::Resume, Suspended) => Some(Active),
        (Step::Suspend, Active) => Some(Suspended),
        (Step::Delete, Provisioning | Active | Suspended) => Some(Deleting),
        (Step::Restore, Deleting) => Some(before.unwrap_or(Suspended)),
        (Step::Purge, Deleting) => Some(Deleted),
        _ => None,
    }
}

impl Step {
    /// Whether the tenant is where the step leads already, so that asking twice changes nothing.
    pub(crate) fn is_taken(self, status: TenantStatus) -> bool {
        match self {
            Self::Activate | Self::Resume => status == Active,
            Self::Suspend => status == Suspended,
            Self::Delete => status == Deleting,
            Self::Restore => matches!(status, Active | Suspended | Provisioning),
            Self::Purge => status == Deleted,
        }
    }

    /// What it is called in the audit and in events.
    pub(crate) fn action(self) -> &'static str {
        match self {
            Self::Activate => "tenant.activated",
            Self::Suspend => "tenant.suspended",
            Self::Resume => "tenant.resumed",
            Self::Delete => "tenant.deleting",
            Self::Restore => "tenant.restored",
            Self::Purge => "tenant.deleted",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_steps_of_the_picture_can_be_taken() {
        let steps = [
            Step::Activate,
            Step::Suspend,
            Step::Resume,
            Step::Delete,
            Step::Restore,
            Step::Purge,
        ];
        let mut taken = Vec::new();
        for status in TenantStatus::ALL {
            for step in steps {
                if let Some(next) = after(status, step, Some(Active)) {
                    taken.push((status, step, next));
                    assert!(step.is_taken(next), "{step:?} to {next:?}");
                }
            }
        }
        assert_eq!(
            taken,
            [
                (Provisioning, Step::Activate, Active),
                (Provisioning, Step::Delete, Deleting),
                (Active, Step::Suspend, Suspended),
                (Active, Step::Delete, Deleting),
                (Suspended, Step::Resume, Active),
                (Suspended, Step::Delete, Deleting),
                (Deleting, Step::Restore, Active),
                (Deleting, Step::Purge, Deleted),
            ]
        );
    }

    #[test]
    fn a_tenant_comes_back_as_it_was() {
        assert_eq!(
            after(Deleting, Step::Restore, Some(Suspended)),
            Some(Suspended)
        );
        assert_eq!(after(Deleting, Step::Restore, None), Some(Suspended));
    }
}
