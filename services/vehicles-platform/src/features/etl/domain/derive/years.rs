//! Which schemas decode together: the bundle of a WMI and year, shared by every WMI-year with the same set.

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::tables::{BandRow, VpicTables};

/// 17-character VINs begin with this model year (49 CFR 565).
pub(super) const FIRST_YEAR: u16 = 1981;

/// vPIC vehicle type ids.
pub(super) const MOTORCYCLE: u32 = 1;
pub(super) const CAR: u32 = 2;
pub(super) const TRUCK: u32 = 3;
pub(super) const MPV: u32 = 7;

/// A schema inside a bundle, and how late its band begins among the bundle's (0 is latest): later bands win.
pub(super) type BandRank = u8;

/// Schemas that are matched together, and where.
pub(super) struct Bundle {
    pub(super) schemas: Vec<(u32, BandRank)>,
    /// (year, vehicle type), sorted.
    pub(super) uses: Vec<(u16, u32)>,
}

/// The years a band stands for. An open band ends a year after its schema's last change, and spans at least the
/// year it begins in: most open bands belong to makers long gone, yet current schemas are often left open too.
pub(super) fn band_years(
    tables: &VpicTables,
    band: &BandRow,
    last_year: u16,
) -> std::ops::RangeInclusive<u16> {
    let changed = tables
        .schema_changed_year
        .get(&band.schema)
        .copied()
        .unwrap_or(0);
    let end = band
        .year_to
        .unwrap_or_else(|| band.year_from.max(changed.saturating_add(1)));
    band.year_from.max(FIRST_YEAR)..=end.min(last_year)
}

/// Vehicle types by WMI, of the types the catalogue follows.
pub(super) fn followed_wmis(tables: &VpicTables) -> FxHashMap<u32, u32> {
    let followed = |kind: u32| [MOTORCYCLE, CAR, TRUCK, MPV].contains(&kind);
    tables
        .wmis
        .iter()
        .filter(|wmi| followed(wmi.vehicle_type))
        .map(|wmi| (wmi.id, wmi.vehicle_type))
        .collect()
}

/// Every distinct bundle, in a stable order.
pub(super) fn bundles(
    tables: &VpicTables,
    wmis: &FxHashMap<u32, u32>,
    last_year: u16,
) -> Vec<Bundle> {
    let unchecked: FxHashSet<u32> = tables.unchecked_schemas.iter().copied().collect();
    let mut by_wmi: Vec<&BandRow> = tables
        .bands
        .iter()
        .filter(|band| wmis.contains_key(&band.wmi) && !unchecked.contains(&band.schema))
        .collect();
    by_wmi.sort_unstable_by_key(|band| (band.wmi, band.schema, band.year_from));

    let mut places: FxHashMap<Vec<(u32, BandRank)>, usize> = FxHashMap::default();
    let mut bundles: Vec<Bundle> = Vec::new();
    for bands in by_wmi.chunk_by(|one, other| one.wmi == other.wmi) {
        let Some(&vehicle_type) = bands.first().and_then(|band| wmis.get(&band.wmi)) else {
            continue;
        };
        let spans: Vec<_> = bands
            .iter()
            .map(|band| band_years(tables, band, last_year))
            .collect();
        for year in FIRST_YEAR..=last_year {
            let here = bands
                .iter()
                .zip(&spans)
                .filter(|(_, span)| span.contains(&year));
            let schemas = ranked(
                here.map(|(band, _)| (band.schema, band.year_from))
                    .collect(),
            );
            if schemas.is_empty() {
                continue;
            }
            let place = *places.entry(schemas).or_insert_with_key(|schemas| {
                bundles.push(Bundle {
                    schemas: schemas.clone(),
                    uses: Vec::new(),
                });
                bundles.len() - 1
            });
            if let Some(bundle) = bundles.get_mut(place) {
                bundle.uses.push((year, vehicle_type));
            }
        }
    }
    for bundle in &mut bundles {
        bundle.uses.sort_unstable();
        bundle.uses.dedup();
    }
    bundles
}

/// Replaces the years bands begin by their rank, so that years with the same order share a bundle.
fn ranked(schemas: Vec<(u32, u16)>) -> Vec<(u32, BandRank)> {
    let mut starts: Vec<u16> = schemas.iter().map(|&(_, from)| from).collect();
    starts.sort_unstable_by(|one, other| other.cmp(one));
    starts.dedup();
    let rank = |from: u16| starts.iter().position(|&start| start == from).unwrap_or(0);
    let mut ranked: Vec<(u32, BandRank)> = schemas
        .into_iter()
        .map(|(schema, from)| {
            (
                schema,
                BandRank::try_from(rank(from)).unwrap_or(BandRank::MAX),
            )
        })
        .collect();
    ranked.dedup_by_key(|&mut (schema, _)| schema);
    ranked
}
