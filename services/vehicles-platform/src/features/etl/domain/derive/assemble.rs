//! From gathered places to the catalogue's sorted rows.

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::catalog::{Catalog, ConfigurationRow, MakeRow, ModelRow, ModelYearRow};
use super::DeriveError;
use super::collect_rows::{Placed, Sold, Walk};
use super::index::Index;
use super::joint::NONE;
use super::names::{make_name, model_name};
use super::trims::Trims;
use super::vaguer::without_vaguer;

/// The catalogue of everything a walk gathered.
pub(super) fn assemble(mut walk: Walk<'_, '_>) -> Result<Catalog, DeriveError> {
    let trims = walk.trims.rows()?;
    let engines = walk.engines.rows()?;
    let transmissions = walk.transmissions.rows()?;
    let placed = distinct(&mut walk);
    let trim_ids: Vec<i64> = trims.iter().map(|row| row.id).collect();
    let engine_ids: Vec<i64> = engines.iter().map(|row| row.id).collect();
    let transmission_ids: Vec<i64> = transmissions.iter().map(|row| row.id).collect();
    let mut configurations: Vec<ConfigurationRow> = placed
        .iter()
        .map(|row| {
            Ok(ConfigurationRow {
                year: i16::try_from(row.year)?,
                model_id: i32::try_from(row.model)?,
                trim_id: id_at(&trim_ids, row.what.trim),
                engine_id: id_at(&engine_ids, row.what.engine),
                transmission_id: id_at(&transmission_ids, row.what.transmission),
                power_hp_min: hp(row.what.power_min)?,
                power_hp_max: hp(row.what.power_max)?,
            })
        })
        .collect::<Result<_, std::num::TryFromIntError>>()?;
    drop(placed);
    // They come by year and model already; what is left to sort are the few rows of each.
    for same in configurations
        .chunk_by_mut(|one, other| (one.year, one.model_id) == (other.year, other.model_id))
    {
        same.sort_unstable();
    }

    let used = |id_of: fn(&ConfigurationRow) -> Option<i64>| -> FxHashSet<i64> {
        configurations.iter().filter_map(id_of).collect()
    };
    let (used_trims, used_engines, used_transmissions) = (
        used(|row| row.trim_id),
        used(|row| row.engine_id),
        used(|row| row.transmission_id),
    );
    let mut catalog = Catalog {
        trims: trims
            .into_iter()
            .filter(|row| used_trims.contains(&row.id))
            .collect(),
        engines: engines
            .into_iter()
            .filter(|row| used_engines.contains(&row.id))
            .collect(),
        transmissions: transmissions
            .into_iter()
            .filter(|row| used_transmissions.contains(&row.id))
            .collect(),
        model_years: model_years(std::mem::take(&mut walk.sold), walk.index)?,
        configurations,
        ..Catalog::default()
    };
    catalog.trims.sort_unstable_by_key(|row| row.id);
    catalog.engines.sort_unstable_by_key(|row| row.id);
    catalog.transmissions.sort_unstable_by_key(|row| row.id);
    name_makes_and_models(&mut catalog, walk.index)?;
    Ok(catalog)
}

fn id_at(ids: &[i64], place: u32) -> Option<i64> {
    usize::try_from(place)
        .ok()
        .and_then(|place| ids.get(place))
        .copied()
}

fn hp(power: u16) -> Result<Option<i16>, std::num::TryFromIntError> {
    if power == 0 {
        Ok(None)
    } else {
        i16::try_from(power).map(Some)
    }
}

/// One row a model-year, its vehicle types together.
fn model_years(mut sold: Vec<Sold>, index: &Index<'_>) -> Result<Vec<ModelYearRow>, DeriveError> {
    sold.sort_unstable();
    let mut rows = Vec::new();
    for same in sold.chunk_by(|one, other| (one.year, one.model) == (other.year, other.model)) {
        let Some(first) = same.first() else { continue };
        let Some(make) = index.make_of(first.model) else {
            continue;
        };
        rows.push(ModelYearRow {
            year: i16::try_from(first.year)?,
            make_id: i32::try_from(make)?,
            model_id: i32::try_from(first.model)?,
            vehicle_types: same
                .iter()
                .fold(0, |types, row| types | i16::from(row.types)),
        });
    }
    rows.sort_unstable();
    Ok(rows)
}

/// Every model-year's configurations, once each, without those another says better.
fn distinct(walk: &mut Walk<'_, '_>) -> Vec<Placed> {
    let mut placed = std::mem::take(&mut walk.placed);
    let model_year = |row: &Placed| (u64::from(row.year) << 32) | u64::from(row.model);
    placed.sort_unstable_by_key(model_year);
    let mut rows: Vec<Placed> = Vec::with_capacity(placed.len() / 2);
    for same in placed.chunk_by_mut(|one, other| model_year(one) == model_year(other)) {
        same.sort_unstable_by_key(|row| row.what);
        let same = merged(without_lists(same, walk.trims));
        rows.extend(without_vaguer(&same, &walk.engines, &walk.transmissions));
    }
    rows
}

/// Folds lists of trims into their parts where every part is a trim of that model-year by itself.
fn without_lists(rows: &[Placed], trims: &Trims) -> Vec<Placed> {
    let has = |trim: u32| {
        rows.binary_search_by(|row| row.what.trim.cmp(&trim))
            .is_ok()
    };
    let mut single = Vec::with_capacity(rows.len());
    for row in rows {
        let parts = if row.what.trim == NONE {
            &[][..]
        } else {
            trims.parts(row.what.trim)
        };
        if parts.is_empty() || !parts.iter().all(|&part| has(part)) {
            single.push(*row);
            continue;
        }
        for &trim in parts {
            let mut row = *row;
            row.what.trim = trim;
            single.push(row);
        }
    }
    single
}

/// Equal combinations as one row with the lowest and highest power of all.
fn merged(mut rows: Vec<Placed>) -> Vec<Placed> {
    rows.sort_unstable();
    let key = |row: &Placed| (row.what.trim, row.what.engine, row.what.transmission);
    rows.chunk_by(|one, other| key(one) == key(other))
        .filter_map(|same| {
            let mut row = *same.first()?;
            let known = same.iter().filter(|row| row.what.power_min > 0);
            row.what.power_min = known
                .clone()
                .map(|row| row.what.power_min)
                .min()
                .unwrap_or(0);
            row.what.power_max = known.map(|row| row.what.power_max).max().unwrap_or(0);
            Some(row)
        })
        .collect()
}

/// Adds the makes and models the model-years speak of.
fn name_makes_and_models(catalog: &mut Catalog, index: &Index<'_>) -> Result<(), DeriveError> {
    let makes: FxHashSet<i32> = catalog.model_years.iter().map(|row| row.make_id).collect();
    let models: FxHashMap<i32, i32> = catalog
        .model_years
        .iter()
        .map(|row| (row.model_id, row.make_id))
        .collect();
    for make in &index.tables.makes {
        let id = i32::try_from(make.id)?;
        if makes.contains(&id) {
            catalog.makes.push(MakeRow {
                id,
                name: make_name(&make.name),
            });
        }
    }
    for model in &index.tables.models {
        let id = i32::try_from(model.id)?;
        if let Some(&make_id) = models.get(&id) {
            catalog.models.push(ModelRow {
                id,
                make_id,
                name: model_name(&model.name),
            });
        }
    }
    catalog.makes.sort_unstable_by_key(|row| row.id);
    catalog.models.sort_unstable_by_key(|row| row.id);
    Ok(())
}
