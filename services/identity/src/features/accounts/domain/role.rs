//! What a person may do on the platform.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a person may do on the platform; the later includes the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    User,
    Support,
    Admin,
}

impl Role {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Support => "support",
            Self::Admin => "admin",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::User, Self::Support, Self::Admin]
            .into_iter()
            .find(|role| role.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_ordered_and_read_back() {
        assert!(Role::Admin > Role::Support && Role::Support > Role::User);
        assert_eq!(Role::parse("support"), Some(Role::Support));
        assert_eq!(Role::parse("root"), None);
    }
}
