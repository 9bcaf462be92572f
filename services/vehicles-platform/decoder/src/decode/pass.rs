//! One decode of a VIN for one model year.

use super::Request;
use super::codes::{Codes, ErrorCode};
use super::corrections::{self, Correction};
use super::item::{Content, GLIDER, Item, Items, OFF_ROAD, Source};
use super::specifications;
use crate::check_digit;
use crate::index::tables::{
    Band, Formula, NEEDS_WHOLE_KEY, Pattern, Schema, SchemaKey, WmiRow, element_flags,
};
use crate::index::{Index, NONE, between, position, slice};
use crate::key::MOST_UNITS;

pub(super) const BODY_CLASS: u8 = 5;
const ENGINE_MODEL: u8 = 18;
pub(super) const MAKE: u8 = 26;
const MANUFACTURER: u8 = 27;
pub(super) const MODEL: u8 = 28;
const MODEL_YEAR: u8 = 29;
pub(super) const VEHICLE_TYPE: u8 = 39;

const BY_MODEL: i32 = 1000;
const BY_RULE: i32 = 100;
const BY_ENGINE: i32 = 50;
const BY_DEFAULT: i32 = 10;
const WHERE_ABSENT: i32 = -100;

/// A pass and what it found. It is used again for the next VIN.
#[derive(Debug, Default)]
pub(super) struct Pass {
    pub(super) year: Option<i32>,
    /// Whether it is the only year that the VIN can have.
    pub(super) conclusive: bool,
    pub(super) items: Items,
    pub(super) codes: Codes,
    pub(super) correction: Correction,
    /// The vehicle's type, by the manufacturer's code.
    pub(super) vehicle_type: Option<u16>,
    pub(super) off_road: bool,
}

impl Pass {
    pub(super) fn run(
        &mut self,
        request: &Request<'_>,
        year: Option<i32>,
        conclusive: bool,
        error_12: bool,
    ) {
        self.items.clear();
        self.correction.clear();
        self.codes = Codes::default();
        (self.year, self.conclusive) = (year, conclusive);
        self.vehicle_type = None;
        match request.public {
            Some(wmi) => self.look_up(request, wmi),
            None => self.codes.add(ErrorCode::UnknownManufacturer),
        }
        self.judge(request, error_12);
    }

    /// Everything that patterns and what hangs on them tell.
    fn look_up(&mut self, request: &Request<'_>, wmi: &WmiRow) {
        let index = request.index;
        let year = self.year;
        let bands = index
            .bands_of(wmi)
            .iter()
            .copied()
            .filter(move |band| band.holds(year));
        let mut engine: Option<Item> = None;
        for band in bands.clone() {
            self.match_patterns(request, band, &mut engine);
        }
        if let Some(engine) = engine {
            self.engine_patterns(index, &engine);
        }
        self.manufacturer(index, wmi);
        if let Some(year) = year {
            let item = Item::plain(MODEL_YEAR, Source::ModelYear, Content::Year(year), BY_RULE);
            self.items.offer(item, index);
        }
        let hidden = request.subject.with_digits_hidden();
        for band in bands.clone() {
            for formula in formulas_of(index, band) {
                let key = index.key(formula.key);
                if key.is_some_and(|key| index.matches(key, &hidden)) {
                    self.items.offer(of_formula(index, formula, band), index);
                }
            }
        }
        self.make(index, wmi);
        self.conversions(index);
        specifications::add(self, index, wmi);
        if self.items.all.iter().all(|item| item.pattern == NONE) {
            self.codes.add(ErrorCode::NoDetailedData);
        } else {
            let schemas = bands.filter_map(|band| schema_of(index, band));
            corrections::judge(self, request, schemas);
        }
    }

    fn match_patterns(&mut self, request: &Request<'_>, band: Band, engine: &mut Option<Item>) {
        let index = request.index;
        let Some(schema) = schema_of(index, band) else {
            return;
        };
        let head = request.subject.head();
        let short = request.subject.length < MOST_UNITS;
        // One more than there are: where its patterns begin, those of the last end.
        for pair in slice(&index.schema_keys, schema.first_key, schema.key_count + 1).windows(2) {
            let [row, next] = pair else { continue };
            if head & row.head_mask != row.head {
                continue;
            }
            let place = row.key & !NEEDS_WHOLE_KEY;
            let Some(key) = index.key(place) else {
                continue;
            };
            if (short || row.key != place) && !index.matches(key, &request.subject) {
                continue;
            }
            for pattern in patterns_of(index, row, next) {
                let item = of_pattern(index, pattern, band, place, key.rank);
                if item.element == ENGINE_MODEL && engine.is_none_or(|held| is_later(&item, &held))
                {
                    *engine = Some(item);
                }
                self.items.offer(item, index);
            }
        }
    }

    fn engine_patterns(&mut self, index: &Index, engine: &Item) {
        let attribute = engine
            .attribute(index)
            .and_then(|place| index.attribute(place));
        let Some(attribute) = attribute.filter(|it| it.link != NONE) else {
            return;
        };
        let rows = slice(
            &index.engine_patterns,
            attribute.link,
            u32::from(attribute.link_count),
        );
        for row in rows {
            let Some(element) = index.attribute(row.attribute).map(|it| it.element) else {
                continue;
            };
            let item = Item {
                element,
                source: Source::EngineModel,
                content: Content::Attribute(row.attribute),
                priority: BY_ENGINE,
                changed: row.changed,
                ..*engine
            };
            self.items.offer(item, index);
        }
    }

    fn manufacturer(&mut self, index: &Index, wmi: &WmiRow) {
        if wmi.vehicle_type != NONE {
            let content = Content::VehicleType {
                attribute: wmi.vehicle_type,
                name: wmi.vehicle_type_name,
            };
            let item = Item::plain(VEHICLE_TYPE, Source::Manufacturer, content, BY_RULE);
            let changed = wmi.changed;
            self.items.offer(Item { changed, ..item }, index);
            self.vehicle_type = Some(wmi.vehicle_type_id);
        }
        let content = Content::Manufacturer(wmi.manufacturer);
        let item = Item::plain(MANUFACTURER, Source::Manufacturer, content, BY_RULE);
        self.items.offer(item, index);
    }

    /// The make of the model; without a model, the only make that the manufacturer's code has.
    fn make(&mut self, index: &Index, wmi: &WmiRow) {
        if let Some(model) = self.items.of(MODEL).copied() {
            let attribute = model
                .attribute(index)
                .and_then(|place| index.attribute(place));
            let row = attribute.and_then(|it| index.models.get(position(it.link)));
            if let Some(row) = row.filter(|row| row.make != NONE) {
                self.items.push(Item {
                    element: MAKE,
                    source: Source::Model,
                    content: Content::Make(row.make),
                    priority: BY_MODEL,
                    changed: NONE,
                    ..model
                });
            }
        } else if let [only] = index.makes_of(wmi) {
            let content = Content::Make(only.make);
            self.items.push(Item::plain(
                MAKE,
                Source::Manufacturer,
                content,
                WHERE_ABSENT,
            ));
        }
    }

    /// Displacements in the units that nothing told, from those that something did.
    fn conversions(&mut self, index: &Index) {
        let mut found: Vec<(Item, u32)> = Vec::new();
        for item in &self.items.all {
            let attribute = item
                .attribute(index)
                .and_then(|place| index.attribute(place));
            let Some(attribute) = attribute.filter(|it| is_displacement(it.element)) else {
                continue;
            };
            let count = u32::from(attribute.link_count);
            let places = (0..count).map(|number| attribute.link.saturating_add(number));
            found.extend(places.map(|place| (*item, place)));
        }
        let number = |place: u32| index.conversions.get(position(place)).map_or(0, |it| it.id);
        found.sort_by_key(|(item, place)| {
            (
                std::cmp::Reverse((item.priority, item.changed)),
                number(*place),
            )
        });
        for (item, place) in found {
            let Some(conversion) = index.conversions.get(position(place)) else {
                continue;
            };
            if !self.items.has(conversion.to) {
                self.items.push(Item {
                    element: conversion.to,
                    source: Source::Conversion,
                    content: Content::Conversion(place),
                    priority: BY_RULE,
                    changed: NONE,
                    ..item
                });
            }
        }
    }

    /// The error codes that do not hang on patterns, and the defaults.
    fn judge(&mut self, request: &Request<'_>, error_12: bool) {
        let index = request.index;
        let body = self.items.of(BODY_CLASS).copied();
        let has_flag = |flag| body.is_some_and(|item| item.has_flag(index, flag));
        self.off_road = has_flag(OFF_ROAD);
        let known = [
            (has_flag(GLIDER), ErrorCode::Glider),
            (self.off_road, ErrorCode::OffRoad),
            (self.year.is_none(), ErrorCode::NoModelYear),
            (error_12, ErrorCode::OtherModelYear),
            (!request.vin.is_full(), ErrorCode::Incomplete),
        ];
        for (applies, code) in known {
            if applies {
                self.codes.add(code);
            }
        }
        let unjudged = self.off_road || request.exception;
        if corrections::mark_invalid(&mut self.correction, request, unjudged) {
            self.codes.add(ErrorCode::InvalidCharacters);
        }
        self.defaults(index);
        let serial_from_13 = request.light && !request.vin.is_low_volume();
        if request.vin.is_full() && !request.exception {
            let expected = check_digit::calculate(&request.vin, serial_from_13);
            if !expected.is_met_by(&request.vin) {
                self.codes.add(ErrorCode::CheckDigit);
            }
        }
        if self.codes.is_clean() {
            self.codes.add(ErrorCode::Clean);
            if !self.items.has(MODEL) {
                self.codes.add(ErrorCode::UnusedPositions);
            }
        }
    }

    fn defaults(&mut self, index: &Index) {
        let Some(vehicle_type) = self.vehicle_type else {
            return;
        };
        let first = index
            .defaults
            .partition_point(|row| row.vehicle_type_id < vehicle_type);
        let rows = (0_u32..).zip(&index.defaults).skip(first);
        for (place, row) in rows.take_while(|(_, row)| row.vehicle_type_id == vehicle_type) {
            let element = index.attribute(row.attribute).map_or(0, |it| it.element);
            if !self.items.has(element) {
                let content = Content::Default(place);
                let item = Item::plain(element, Source::Default, content, BY_DEFAULT);
                let changed = row.changed;
                self.items.push(Item { changed, ..item });
            }
        }
    }

    /// How much the elements with a value count for; `None` when none of them counts.
    pub(super) fn element_weight(&self, index: &Index) -> Option<i32> {
        let mut sum = None;
        for item in &self.items.all {
            let first = self
                .items
                .of(item.element)
                .is_some_and(|it| std::ptr::eq(it, item));
            let weight = index
                .element(item.element)
                .map_or(0, |it| i32::from(it.weight));
            if first && weight != 0 {
                sum = Some(sum.unwrap_or(0) + weight);
            }
        }
        sum
    }

    /// How many values the VIN's own characters gave; `None` for none.
    pub(super) fn pattern_count(&self) -> Option<i32> {
        let own = [Source::Pattern, Source::EngineModel, Source::Formula];
        let count = self
            .items
            .all
            .iter()
            .filter(|item| own.contains(&item.source))
            .count();
        i32::try_from(count).ok().filter(|count| *count > 0)
    }
}

fn is_displacement(element: u8) -> bool {
    matches!(element, 11..=13)
}

/// Of two engine models: the one of the later band, the later change, the later pattern.
fn is_later(item: &Item, held: &Item) -> bool {
    (item.priority, item.changed, item.pattern) > (held.priority, held.changed, held.pattern)
}

fn schema_of(index: &Index, band: Band) -> Option<&Schema> {
    index.schemas.get(position(band.schema))
}

fn patterns_of<'i>(index: &'i Index, row: &SchemaKey, next: &SchemaKey) -> &'i [Pattern] {
    let range = between(row.first_pattern, next.first_pattern);
    index.patterns.get(range).unwrap_or_default()
}

fn formulas_of(index: &Index, band: Band) -> &[Formula] {
    schema_of(index, band)
        .map(|schema| slice(&index.formulas, schema.first_formula, schema.formula_count))
        .unwrap_or_default()
}

fn of_pattern(index: &Index, pattern: &Pattern, band: Band, key: u32, rank: u32) -> Item {
    Item {
        element: index
            .attribute(pattern.attribute)
            .map_or(0, |it| it.element),
        source: Source::Pattern,
        content: Content::Attribute(pattern.attribute),
        priority: i32::from(band.year_from),
        changed: pattern.changed,
        rank,
        pattern: pattern.id,
        schema: band.schema,
        key,
    }
}

fn of_formula(index: &Index, formula: &Formula, band: Band) -> Item {
    Item {
        element: index
            .attribute(formula.attribute)
            .map_or(0, |it| it.element),
        source: Source::Formula,
        content: Content::Part {
            attribute: formula.attribute,
            from: formula.from,
            length: formula.length,
        },
        priority: BY_RULE,
        changed: formula.changed,
        rank: index.key(formula.key).map_or(0, |key| key.rank),
        pattern: formula.id,
        schema: band.schema,
        key: formula.key,
    }
}

/// Whether an element may stand several times.
pub(super) fn is_repeatable(index: &Index, element: u8) -> bool {
    let flags = index.element(element).map_or(0, |it| it.flags);
    flags & element_flags::REPEATABLE != 0
}
