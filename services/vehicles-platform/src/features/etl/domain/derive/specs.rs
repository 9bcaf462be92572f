//! Vehicle specifications: facts filed by make, model and year, here the transmissions VIN keys do not tell.

use rustc_hash::FxHashMap;

use super::super::elements::{SPEEDS, STYLE};
use super::super::tables::{Changed, NEVER_CHANGED, TextId, VpicTables};

/// A set of keys and the transmission that follows when all hold.
pub(super) struct SpecGroup {
    /// Element and value; `None`: an element the catalogue does not follow, so the key cannot be shown to hold.
    pub(super) keys: Vec<(Option<u8>, TextId)>,
    pub(super) style: TextId,
    pub(super) speeds: TextId,
    pub(super) changed: Changed,
    pub(super) id: u32,
}

struct SpecSchema {
    make: u32,
    vehicle_type: u32,
    /// Empty: every year.
    years: Vec<u16>,
    groups: Vec<SpecGroup>,
}

/// All specifications that tell a transmission.
pub(super) struct Specs {
    schemas: Vec<SpecSchema>,
    by_model: FxHashMap<u32, Vec<usize>>,
}

impl Specs {
    pub(super) fn new(tables: &VpicTables) -> Self {
        let mut groups = groups(tables);
        let mut years: FxHashMap<u32, Vec<u16>> = FxHashMap::default();
        for &(schema, year) in &tables.spec_years {
            years.entry(schema).or_default().push(year);
        }
        let mut places: FxHashMap<u32, usize> = FxHashMap::default();
        let mut schemas = Vec::new();
        for row in &tables.spec_schemas {
            let Some(groups) = groups.remove(&row.id) else {
                continue;
            };
            places.insert(row.id, schemas.len());
            schemas.push(SpecSchema {
                make: row.make,
                vehicle_type: row.vehicle_type,
                years: years.remove(&row.id).unwrap_or_default(),
                groups,
            });
        }
        let mut by_model: FxHashMap<u32, Vec<usize>> = FxHashMap::default();
        for (schema, model) in &tables.spec_models {
            if let Some(&place) = places.get(schema) {
                by_model.entry(*model).or_default().push(place);
            }
        }
        for places in by_model.values_mut() {
            places.sort_unstable();
            places.dedup();
        }
        Self { schemas, by_model }
    }

    /// Places of the specifications for a model of that make, type and year.
    pub(super) fn places(&self, make: u32, model: u32, year: u16, vehicle_type: u32) -> Vec<usize> {
        let fits = |place: &usize| {
            self.schemas.get(*place).is_some_and(|schema| {
                schema.make == make
                    && schema.vehicle_type == vehicle_type
                    && (schema.years.is_empty() || schema.years.contains(&year))
            })
        };
        let places = self.by_model.get(&model).map_or(&[][..], Vec::as_slice);
        places.iter().copied().filter(fits).collect()
    }

    /// The groups of those specifications.
    pub(super) fn groups(&self, places: &[usize]) -> Vec<&SpecGroup> {
        places
            .iter()
            .filter_map(|&place| self.schemas.get(place))
            .flat_map(|schema| &schema.groups)
            .collect()
    }
}

/// Groups that tell a transmission, by specification.
fn groups(tables: &VpicTables) -> FxHashMap<u32, Vec<SpecGroup>> {
    let schema_of: FxHashMap<u32, u32> = tables.spec_groups.iter().copied().collect();
    let mut groups: FxHashMap<u32, SpecGroup> = FxHashMap::default();
    for row in &tables.spec_patterns {
        let group = groups.entry(row.spec_pattern).or_insert_with(|| SpecGroup {
            keys: Vec::new(),
            style: TextId::NONE,
            speeds: TextId::NONE,
            changed: 0,
            id: row.spec_pattern,
        });
        if row.is_key {
            group.keys.push((row.slot, row.value));
            continue;
        }
        match row.slot.map(usize::from) {
            Some(STYLE) => group.style = row.value,
            Some(SPEEDS) => group.speeds = row.value,
            _ => continue,
        }
        let changed = if row.changed == NEVER_CHANGED {
            0
        } else {
            row.changed
        };
        group.changed = group.changed.max(changed);
    }
    let mut by_schema: FxHashMap<u32, Vec<SpecGroup>> = FxHashMap::default();
    for (id, group) in groups {
        let tells = group.style != TextId::NONE || group.speeds != TextId::NONE;
        if let Some(&schema) = schema_of.get(&id).filter(|_| tells) {
            by_schema.entry(schema).or_default().push(group);
        }
    }
    for groups in by_schema.values_mut() {
        groups.sort_unstable_by_key(|group| group.id);
    }
    by_schema
}
