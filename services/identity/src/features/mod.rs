//! The capsules of this service.

pub(crate) mod accounts;
pub(crate) mod limits;
pub(crate) mod oidc;
pub(crate) mod passkeys;
pub(crate) mod second_factor;
pub(crate) mod sessions;
