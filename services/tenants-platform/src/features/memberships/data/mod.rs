//! Members and invitations in PostgreSQL.

pub(crate) mod invitations;
pub(crate) mod members;
