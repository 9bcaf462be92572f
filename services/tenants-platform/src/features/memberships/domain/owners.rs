//! A tenant always has an owner.

use contracts::tenants::Role;

/// Whether a member's role may become another one, or none, with so many owners in the tenant.
pub(crate) fn may_change(now: Role, then: Option<Role>, owners: i64) -> bool {
    now != Role::Owner || then == Some(Role::Owner) || owners > 1
}

/// The role after accepting an invitation: nobody becomes less by it.
pub(crate) fn accepted(now: Option<Role>, invited: Role) -> Role {
    // Roles are ordered, the most powerful first.
    now.map_or(invited, |now| now.min(invited))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_owner_stays() {
        assert!(!may_change(Role::Owner, None, 1));
        assert!(!may_change(Role::Owner, Some(Role::Manager), 1));
        assert!(may_change(Role::Owner, Some(Role::Owner), 1));
        assert!(may_change(Role::Owner, None, 2));
        assert!(may_change(Role::Manager, None, 1));
    }

    #[test]
    fn an_invitation_makes_nobody_less() {
        assert_eq!(accepted(Some(Role::Manager), Role::Viewer), Role::Manager);
        assert_eq!(accepted(Some(Role::Viewer), Role::Editor), Role::Editor);
        assert_eq!(accepted(None, Role::Driver), Role::Driver);
    }
}
