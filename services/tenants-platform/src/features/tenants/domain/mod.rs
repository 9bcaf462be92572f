//! The rules of a tenant's life, its name and its limits. Pure.

pub(crate) mod life;
pub(crate) mod metric;
pub(crate) mod naming;
pub(crate) mod plan;
pub(crate) mod slug;
