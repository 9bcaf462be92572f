//! Passkeys, and the questions that wait for an answer, in PostgreSQL.

pub(crate) mod challenges;
pub(crate) mod passkeys;
