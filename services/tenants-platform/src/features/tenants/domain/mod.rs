//! The rules of a tenant's life, its name and its limits. Pure.

pub(crate) mod life;
pub(crate) mod metric;
pub(crate) mod slug;
