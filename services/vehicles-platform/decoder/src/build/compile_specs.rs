//! Models with their makes, and vehicle specifications by model.

use super::BuildError;
use super::compile::Compiler;
use super::keys::count;
use crate::index::NONE;
use crate::index::tables::{Model, SpecGroup, SpecRow, SpecSchema};
use rustc_hash::FxHashMap;

/// Every model with its make. The specifications follow when there are attributes.
pub(super) fn models(compiler: &mut Compiler) -> Result<(), BuildError> {
    let mut rows = std::mem::take(&mut compiler.raw.model_makes);
    rows.sort_unstable();
    rows.dedup_by_key(|(model, _)| *model);
    for (id, make) in rows {
        let place = count(compiler.index.models.len(), "models")?;
        compiler.models.insert(id, place);
        let make = compiler.make(make).unwrap_or(NONE);
        compiler.index.models.push(Model {
            id,
            make,
            first_spec: 0,
            spec_count: 0,
        });
    }
    Ok(())
}

pub(super) fn specifications(compiler: &mut Compiler) -> Result<(), BuildError> {
    let mut models_of: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    for (schema, model) in std::mem::take(&mut compiler.raw.spec_models) {
        models_of.entry(schema).or_default().push(model);
    }
    let mut years_of: FxHashMap<u32, Vec<u16>> = FxHashMap::default();
    for (schema, year) in std::mem::take(&mut compiler.raw.spec_years) {
        years_of.entry(schema).or_default().push(year);
    }
    let mut schemas = std::mem::take(&mut compiler.raw.spec_schemas);
    schemas.sort_by_key(|schema| schema.id);
    let mut groups_of = groups(compiler)?;
    let mut by_model: FxHashMap<u32, Vec<SpecSchema>> = FxHashMap::default();
    for schema in schemas {
        let first_year = count(compiler.index.spec_years.len(), "years of specifications")?;
        let mut years = years_of.remove(&schema.id).unwrap_or_default();
        years.sort_unstable();
        compiler.index.spec_years.extend(years);
        let first_group = count(compiler.index.spec_groups.len(), "specifications")?;
        let groups = groups_of.remove(&schema.id).unwrap_or_default();
        compiler.index.spec_groups.extend(groups);
        let Some(make) = compiler.make(schema.make) else {
            continue;
        };
        let row = SpecSchema {
            id: schema.id,
            make,
            vehicle_type_id: schema.vehicle_type,
            first_year,
            year_count: count(compiler.index.spec_years.len(), "years")? - first_year,
            first_group,
            group_count: count(compiler.index.spec_groups.len(), "groups")? - first_group,
        };
        for model in models_of.remove(&schema.id).unwrap_or_default() {
            by_model.entry(model).or_default().push(row);
        }
    }
    for (model, rows) in by_model {
        let Some(place) = compiler.models.get(&model).copied() else {
            continue;
        };
        let first = count(
            compiler.index.spec_schemas.len(),
            "schemas of specifications",
        )?;
        let added = count(rows.len(), "schemas of specifications")?;
        compiler.index.spec_schemas.extend(rows);
        if let Some(row) = compiler.index.models.get_mut(crate::index::position(place)) {
            (row.first_spec, row.spec_count) = (first, added);
        }
    }
    Ok(())
}

/// The groups of each schema that have a key; keys stand before values.
fn groups(compiler: &mut Compiler) -> Result<FxHashMap<u32, Vec<SpecGroup>>, BuildError> {
    let schema_of: FxHashMap<u32, u32> = std::mem::take(&mut compiler.raw.spec_groups)
        .into_iter()
        .collect();
    let mut rows = std::mem::take(&mut compiler.raw.spec_patterns);
    rows.sort_by_key(|row| (row.group, !row.is_key));
    let mut groups: FxHashMap<u32, Vec<SpecGroup>> = FxHashMap::default();
    for rows in rows.chunk_by(|a, b| a.group == b.group) {
        let Some(first) = rows.first().filter(|row| row.is_key) else {
            continue;
        };
        let Some(schema) = schema_of.get(&first.group) else {
            continue;
        };
        let first_key = count(compiler.index.spec_rows.len(), "rows of specifications")?;
        for row in rows {
            let changed = compiler.rank(row.changed);
            let attribute = compiler.attribute(row.element, row.attribute)?;
            compiler
                .index
                .spec_rows
                .push(SpecRow { attribute, changed });
        }
        let keys = rows.iter().filter(|row| row.is_key).count();
        let small = |number: usize| {
            u16::try_from(number).map_err(|_| BuildError::TooMany("rows of a specification"))
        };
        groups.entry(*schema).or_default().push(SpecGroup {
            id: first.group,
            first_key,
            key_count: small(keys)?,
            value_count: small(rows.len() - keys)?,
        });
    }
    Ok(groups)
}
