//! Which makes to show: car makers with their cars, MPVs and trucks; makers of motorcycles as a second list.
//!
//! Unfiltered, a year has close to ten thousand makes, nearly all of them trailers and kit cars. A make is a car
//! maker in a year if it has cars or MPVs in closed bands that year or the two before.

use rustc_hash::FxHashMap;

use super::super::tables::VpicTables;
use super::index::Index;
use super::years::{CAR, FIRST_YEAR, MOTORCYCLE, MPV, band_years};

/// Years a make stays a car maker after its last closed band.
const GRACE_YEARS: u16 = 2;

/// Years by make, one bit a year from [`FIRST_YEAR`].
pub(super) struct CarMakers(FxHashMap<u32, u128>);

impl CarMakers {
    pub(super) fn find(index: &Index<'_>, wmis: &FxHashMap<u32, u32>, last_year: u16) -> Self {
        let tables: &VpicTables = index.tables;
        let mut makes_of: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        let mut years_of: FxHashMap<u32, u128> = FxHashMap::default();
        for band in tables.bands.iter().filter(|band| band.year_to.is_some()) {
            let light = wmis
                .get(&band.wmi)
                .is_some_and(|kind| [CAR, MPV].contains(kind));
            if !light {
                continue;
            }
            let years =
                band_years(tables, band, last_year).fold(0, |years, year| years | bit(year));
            let makes = makes_of
                .entry(band.schema)
                .or_insert_with(|| index.makes_of_schema(band.schema));
            for &make in makes.iter() {
                *years_of.entry(make).or_default() |= years;
            }
        }
        for years in years_of.values_mut() {
            *years = (0..=GRACE_YEARS).fold(0, |all, later| all | (*years << later));
        }
        Self(years_of)
    }

    /// Is this make shown among vehicles of that type and year?
    pub(super) fn shows(&self, make: u32, year: u16, vehicle_type: u32) -> bool {
        vehicle_type == MOTORCYCLE
            || self
                .0
                .get(&make)
                .is_some_and(|years| years & bit(year) != 0)
    }
}

fn bit(year: u16) -> u128 {
    1_u128
        .checked_shl(u32::from(year.saturating_sub(FIRST_YEAR)))
        .unwrap_or(0)
}
