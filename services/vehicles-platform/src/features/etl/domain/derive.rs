//! Derives the drop-down catalogue from one release's tables.

mod assemble;
mod bundle;
mod collect_rows;
mod consumer;
mod engine_identity;
mod engine_label;
mod engines;
mod ids;
mod index;
mod joint;
mod names;
pub(crate) mod naming;
mod parts;
mod specs;
mod transmissions;
mod trims;
mod vaguer;
mod years;

use collect_rows::Walk;
use consumer::CarMakers;
use ids::IdCollision;
use index::Index;
use specs::Specs;
use trims::Trims;

use super::catalog::Catalog;
use super::tables::VpicTables;

/// The calendar year a release speaks of: its own month's year, so that a reload years later derives the same.
/// Model years run to the one after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AsOf(pub(crate) u16);

/// Why no catalogue could be derived.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeriveError {
    /// Two things share an id.
    #[error("ids of the catalogue collide")]
    Collision(#[from] IdCollision),
    /// An id or a figure does not fit its column.
    #[error("a number of the release does not fit its column")]
    Number(#[from] std::num::TryFromIntError),
}

/// Derives the catalogue; the same tables and year always give the same rows in the same order.
pub(crate) fn derive(tables: &VpicTables, as_of: AsOf) -> Result<Catalog, DeriveError> {
    let last_year = as_of.0.saturating_add(1);
    let wmis = years::followed_wmis(tables);
    let bundles = years::bundles(tables, &wmis, last_year);
    let index = Index::new(tables, &bundles);
    let makers = CarMakers::find(&index, &wmis, last_year);
    let (specs, trims) = (Specs::new(tables), Trims::new(&index));
    let mut walk = Walk::new(&index, &makers, &specs, &trims);
    for bundle in &bundles {
        walk.bundle(bundle);
    }
    assemble::assemble(walk)
}

#[cfg(test)]
mod release_tests;
#[cfg(test)]
mod tests;
