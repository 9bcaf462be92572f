//! The release's rows arranged for derivation: patterns by schema, models by id, comparable values.

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::elements::MODEL;
use super::super::tables::{PatternRow, TextId, VpicTables};
use super::ids::folded;
use super::years::Bundle;

/// Look-ups over one release.
pub(super) struct Index<'a> {
    pub(super) tables: &'a VpicTables,
    /// Patterns of the bundles' schemas, by schema.
    pub(super) patterns: Vec<PatternRow>,
    by_schema: FxHashMap<u32, Range<usize>>,
    make_of: FxHashMap<u32, u32>,
    /// Model ids by value text.
    model_ids: Vec<Option<u32>>,
    /// For each text the first text equal to it but for case and trailing zeros.
    alike: Vec<TextId>,
}

impl<'a> Index<'a> {
    pub(super) fn new(tables: &'a VpicTables, bundles: &[Bundle]) -> Self {
        let used: FxHashSet<u32> = bundles
            .iter()
            .flat_map(|bundle| bundle.schemas.iter().map(|&(schema, _)| schema))
            .collect();
        let possible = |row: &&PatternRow| {
            used.contains(&row.schema)
                && usize::try_from(row.key)
                    .ok()
                    .and_then(|key| tables.keys.get(key))
                    .is_some_and(|key| key.mask.is_some())
        };
        let mut patterns: Vec<PatternRow> =
            tables.patterns.iter().filter(possible).copied().collect();
        patterns.sort_unstable_by_key(|row| {
            (u64::from(row.schema) << 40) | (u64::from(row.slot) << 32) | u64::from(row.id)
        });
        let mut by_schema = FxHashMap::default();
        let mut start = 0;
        for rows in patterns.chunk_by(|one, other| one.schema == other.schema) {
            if let Some(row) = rows.first() {
                by_schema.insert(row.schema, start..start + rows.len());
            }
            start += rows.len();
        }
        let mut make_of: FxHashMap<u32, u32> = FxHashMap::default();
        for &(model, make) in &tables.model_makes {
            // Each model has one make; were there two, the lower id keeps the choice stable.
            make_of
                .entry(model)
                .and_modify(|known| *known = make.min(*known))
                .or_insert(make);
        }
        Self {
            tables,
            patterns,
            by_schema,
            make_of,
            model_ids: model_ids(tables),
            alike: alike(tables),
        }
    }

    /// The patterns of a schema, by slot, then id.
    pub(super) fn schema(&self, schema: u32) -> &[PatternRow] {
        self.by_schema
            .get(&schema)
            .and_then(|range| self.patterns.get(range.clone()))
            .unwrap_or_default()
    }

    /// The make of a model.
    pub(super) fn make_of(&self, model: u32) -> Option<u32> {
        self.make_of.get(&model).copied()
    }

    /// The model a value of element 28 names, if it exists and has a make.
    pub(super) fn model(&self, value: TextId) -> Option<u32> {
        let id = self.model_ids.get(value.index()).copied().flatten()?;
        self.make_of.contains_key(&id).then_some(id)
    }

    /// The makes of a schema's models.
    pub(super) fn makes_of_schema(&self, schema: u32) -> Vec<u32> {
        let mut makes: Vec<u32> = self
            .schema(schema)
            .iter()
            .filter(|row| usize::from(row.slot) == MODEL)
            .filter_map(|row| self.make_of(self.model(row.value)?))
            .collect();
        makes.sort_unstable();
        makes.dedup();
        makes
    }

    /// Equal for values that decode as the same: case does not count (vPIC compares case-blind), nor do trailing zeros.
    pub(super) fn alike(&self, value: TextId) -> TextId {
        self.alike.get(value.index()).copied().unwrap_or(value)
    }
}

fn model_ids(tables: &VpicTables) -> Vec<Option<u32>> {
    let known: FxHashSet<u32> = tables.models.iter().map(|model| model.id).collect();
    tables
        .texts
        .iter()
        .map(|text| text.parse().ok().filter(|id| known.contains(id)))
        .collect()
}

fn alike(tables: &VpicTables) -> Vec<TextId> {
    let mut first: FxHashMap<String, TextId> = FxHashMap::default();
    tables
        .texts
        .ids()
        .map(|id| {
            let text = tables.texts.get(id);
            let number = text.contains('.')
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b'.');
            let plain = if number {
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            } else {
                folded(text)
            };
            *first.entry(plain).or_insert(id)
        })
        .collect()
}
