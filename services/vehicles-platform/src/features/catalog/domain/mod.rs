//! The rules of the catalogue, without I/O: what may be asked, in which order answers stand, how a search finds.

pub(super) mod natural_order;
pub(super) mod parameters;
pub(super) mod question;
pub(super) mod search;
pub(super) mod vehicle_types;
