//! Vehicle specifications: what is known of vehicles of a make, a model and a year where certain values were decoded.

use super::item::{Content, Item, Source};
use super::pass::{MODEL, Pass, VEHICLE_TYPE, is_repeatable};
use crate::index::tables::{SpecGroup, SpecRow, SpecSchema, WmiRow};
use crate::index::{Index, NONE, position, slice};

/// Specifications never take the place of anything.
const PRIORITY: i32 = -100;
/// Other battery information: vPIC shows it beside what patterns say of it.
const BATTERY_INFO: u8 = 1;

/// Adds what the specifications know and nothing else told.
pub(super) fn add(pass: &mut Pass, index: &Index, wmi: &WmiRow) {
    let model = pass.items.of(MODEL).and_then(|item| item.attribute(index));
    let model = model
        .and_then(|place| index.attribute(place))
        .map(|it| it.link);
    let Some(model) = model.and_then(|place| index.models.get(position(place))) else {
        return;
    };
    let Some(vehicle_type) = pass.vehicle_type.filter(|_| pass.items.has(VEHICLE_TYPE)) else {
        return;
    };
    let mut found: Vec<Item> = Vec::new();
    for schema in slice(&index.spec_schemas, model.first_spec, model.spec_count) {
        let own = index
            .makes_of(wmi)
            .iter()
            .any(|row| row.make == schema.make);
        if !own || schema.vehicle_type_id != vehicle_type || !holds(index, schema, pass.year) {
            continue;
        }
        for group in slice(&index.spec_groups, schema.first_group, schema.group_count) {
            if applies(pass, index, group) {
                collect(pass, index, schema, group, &mut found);
            }
        }
    }
    for item in found {
        pass.items.push(item);
    }
}

fn holds(index: &Index, schema: &SpecSchema, year: Option<i32>) -> bool {
    let years = slice(&index.spec_years, schema.first_year, schema.year_count);
    years.is_empty() || year.is_some_and(|year| years.iter().any(|it| i32::from(*it) == year))
}

/// Whether every key was decoded, each by an item of its own.
fn applies(pass: &Pass, index: &Index, group: &SpecGroup) -> bool {
    let keys = slice(
        &index.spec_rows,
        group.first_key,
        u32::from(group.key_count),
    );
    let wanted = |row: &SpecRow| {
        let attribute = index.attribute(row.attribute);
        attribute.map_or((0, NONE), |it| (it.element, it.folded))
    };
    keys.iter().enumerate().all(|(number, row)| {
        let (element, folded) = wanted(row);
        let is_it = |item: &Item| item.element == element && item.folded(index) == Some(folded);
        let decoded = if is_repeatable(index, element) {
            pass.items.all.iter().any(is_it)
        } else {
            pass.items.of(element).is_some_and(is_it)
        };
        let asked_before = || {
            let mut earlier = keys.iter().take(number);
            earlier.any(|row| wanted(row) == (element, folded))
        };
        decoded && !asked_before()
    })
}

/// Of the values for one element, the one that changed last.
fn collect(
    pass: &Pass,
    index: &Index,
    schema: &SpecSchema,
    group: &SpecGroup,
    found: &mut Vec<Item>,
) {
    let first = group.first_key.saturating_add(u32::from(group.key_count));
    for row in slice(&index.spec_rows, first, u32::from(group.value_count)) {
        let Some(element) = index.attribute(row.attribute).map(|it| it.element) else {
            continue;
        };
        let beside = element == BATTERY_INFO || is_repeatable(index, element);
        if !beside && pass.items.has(element) {
            continue;
        }
        let item = Item {
            changed: row.changed,
            pattern: group.id,
            schema: schema.id,
            ..Item::plain(
                element,
                Source::VehicleSpecification,
                Content::Attribute(row.attribute),
                PRIORITY,
            )
        };
        match found.iter_mut().find(|held| held.element == element) {
            None => found.push(item),
            Some(held) if item.changed > held.changed => *held = item,
            Some(_) => {}
        }
    }
}
