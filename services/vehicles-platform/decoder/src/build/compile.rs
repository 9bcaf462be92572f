//! The rows of a release, sorted into the tables of the index.

use super::BuildError;
use super::conversions::convert;
use super::keys::{self, CompiledKey, Sets, count};
use super::raw::{Raw, RawPattern};
use super::{compile_specs, compile_wmis};
use crate::charset::CharSet;
use crate::index::tables::{
    Attribute, Conversion, Default_, Element, EnginePattern, ErrorText, Exception, Formula, Make,
    Manufacturer, NEEDS_WHOLE_KEY, Pattern, Schema, SchemaKey, attribute_flags, element_flags,
};
use crate::index::{Index, NONE};
use crate::key::head;
use rustc_hash::FxHashMap;

pub(super) const MODEL: u8 = 28;
const ENGINE_MODEL: u8 = 18;
const BODY_CLASS: u8 = 5;
/// vPIC takes make, manufacturer, model year and vehicle type from elsewhere.
const NOT_FROM_PATTERNS: [u8; 4] = [26, 27, 29, 39];
/// Notes: a VIN may have several.
const REPEATABLE: [u8; 8] = [114, 121, 129, 150, 154, 155, 169, 186];

const GLIDER: [&str; 1] = ["64"];
const OFF_ROAD: [&str; 10] = [
    "69", "84", "86", "88", "97", "105", "113", "124", "126", "127",
];
const INCOMPLETE: [&str; 16] = [
    "65", "107", "70", "74", "63", "72", "112", "62", "64", "76", "78", "71", "77", "67", "116",
    "75",
];

pub(super) fn compile(mut raw: Raw) -> Result<Index, BuildError> {
    let mut index = Index::default();
    elements(&mut index, &mut raw)?;
    let mut compiler = Compiler {
        changes: changes(&raw),
        engines: FxHashMap::default(),
        attributes: FxHashMap::default(),
        models: FxHashMap::default(),
        index,
        raw,
    };
    compiler.makes_and_manufacturers()?;
    compile_specs::models(&mut compiler)?;
    compiler.engine_models()?;
    compiler.schemas()?;
    compile_wmis::wmis(&mut compiler)?;
    compile_specs::specifications(&mut compiler)?;
    compiler.rules()?;
    let Compiler { mut index, raw, .. } = compiler;
    index.texts = raw.texts.texts;
    index.texts.bytes.shrink_to_fit();
    index.find_wmis();
    Ok(index)
}

/// What is needed while the tables are made.
pub(super) struct Compiler {
    pub(super) index: Index,
    pub(super) raw: Raw,
    /// Every time of change, in order: a rank is a quarter of a time, and orders the same.
    changes: Vec<i64>,
    /// Engine model in lower case → its patterns.
    engines: FxHashMap<String, (u32, u16)>,
    /// Element and text → attribute.
    attributes: FxHashMap<(u8, u32), u32>,
    /// Model id → its place.
    pub(super) models: FxHashMap<u32, u32>,
}

fn elements(index: &mut Index, raw: &mut Raw) -> Result<(), BuildError> {
    let none = Element {
        name: NONE,
        code: NONE,
        group: NONE,
        data_type: NONE,
        weight: 0,
        flags: 0,
    };
    index.elements = vec![none; 256];
    for element in &raw.elements {
        let mut flags = 0;
        if element.decode.is_some() && !element.private {
            flags |= element_flags::DECODED;
        }
        if element.decode.as_deref().is_some_and(|it| !it.is_empty()) && !element.private {
            flags |= element_flags::PUBLIC;
        }
        if REPEATABLE.contains(&element.id) {
            flags |= element_flags::REPEATABLE;
        }
        if element.data_type == "lookup" {
            flags |= element_flags::LOOKUP;
        }
        if let Some(place) = index.elements.get_mut(usize::from(element.id)) {
            *place = Element {
                name: raw.texts.intern(&element.name)?,
                code: raw.texts.intern(&element.code)?,
                group: raw.texts.intern(&element.group)?,
                data_type: raw.texts.intern(&element.data_type)?,
                weight: element.weight,
                flags,
            };
        }
    }
    Ok(())
}

fn changes(raw: &Raw) -> Vec<i64> {
    let patterns = raw.patterns.iter().filter_map(|row| row.changed);
    let engines = raw.engine_patterns.iter().filter_map(|row| row.changed);
    let wmis = raw.wmis.iter().filter_map(|row| row.changed);
    let specs = raw.spec_patterns.iter().filter_map(|row| row.changed);
    let defaults = raw.defaults.iter().filter_map(|row| row.changed);
    let all = patterns.chain(engines).chain(wmis).chain(specs);
    let mut changes: Vec<i64> = all.chain(defaults).collect();
    changes.sort_unstable();
    changes.dedup();
    changes
}

impl Compiler {
    /// PostgreSQL sorts NULL before everything when it sorts descending: unknown counts as latest.
    pub(super) fn rank(&self, changed: Option<i64>) -> u32 {
        let place = changed.and_then(|time| self.changes.binary_search(&time).ok());
        place.and_then(|at| u32::try_from(at).ok()).unwrap_or(NONE)
    }

    /// The attribute of an element and a text, with what it reads as.
    pub(super) fn attribute(&mut self, element: u8, text: u32) -> Result<u32, BuildError> {
        if let Some(place) = self.attributes.get(&(element, text)) {
            return Ok(*place);
        }
        let plain = self.raw.texts.text(text).to_owned();
        let lookup = self.raw.elements.iter().find(|row| row.id == element);
        let lookup = lookup.and_then(|row| row.lookup.as_ref());
        let value = match lookup.and_then(|table| self.raw.lookups.get(table)) {
            Some(names) => names.get(&plain).cloned(),
            None => Some(plain.clone()),
        };
        let value = match value {
            // Tabs and line ends become blanks in what vPIC shows.
            Some(value) => self
                .raw
                .texts
                .intern(&value.replace(['\t', '\r', '\n'], " "))?,
            None => NONE,
        };
        let folded = self.raw.texts.intern(&plain.to_lowercase())?;
        let (link, link_count) = self.link(element, &plain)?;
        let place = count(self.index.attributes.len(), "attributes")?;
        self.index.attributes.push(Attribute {
            element,
            flags: flags_of(element, &plain),
            text,
            folded,
            value,
            link,
            link_count,
        });
        self.attributes.insert((element, text), place);
        Ok(place)
    }

    fn link(&mut self, element: u8, plain: &str) -> Result<(u32, u16), BuildError> {
        Ok(match element {
            MODEL => {
                let id = plain.parse().ok();
                (
                    id.and_then(|id| self.models.get(&id))
                        .copied()
                        .unwrap_or(NONE),
                    1,
                )
            }
            ENGINE_MODEL => {
                let patterns = self.engines.get(&plain.trim_matches(' ').to_lowercase());
                patterns.copied().unwrap_or((NONE, 0))
            }
            _ => self.conversions(element, plain)?,
        })
    }

    fn conversions(&mut self, element: u8, plain: &str) -> Result<(u32, u16), BuildError> {
        let first = count(self.index.conversions.len(), "conversions")?;
        let mut found: Vec<_> = self
            .raw
            .conversions
            .iter()
            .filter(|row| row.from == element)
            .collect();
        found.sort_by_key(|row| row.id);
        for row in found {
            let source = format!(
                "Conversion {}: {}",
                row.id,
                row.formula.replace("#x#", plain)
            );
            let source: String = source.chars().take(50).collect();
            let value = convert(&row.formula, plain);
            self.index.conversions.push(Conversion {
                from: row.from,
                to: row.to,
                id: row.id,
                value: self.raw.texts.intern(&value)?,
                source: self.raw.texts.intern(&source)?,
            });
        }
        let added = count(self.index.conversions.len(), "conversions")?.saturating_sub(first);
        if added == 0 {
            return Ok((NONE, 0));
        }
        Ok((first, u16::try_from(added).unwrap_or(0)))
    }

    fn makes_and_manufacturers(&mut self) -> Result<(), BuildError> {
        let raw = &mut self.raw;
        for (id, name) in &raw.makes {
            let filed = raw.texts.intern(name)?;
            let name = raw.texts.intern(&name.to_uppercase())?;
            let id_text = raw.texts.intern(&id.to_string())?;
            self.index.makes.push(Make {
                id: *id,
                id_text,
                name,
                filed,
            });
        }
        self.index.makes.sort_by_key(|make| make.id);
        for (id, name) in &raw.manufacturers {
            let name = raw.texts.intern(&name.to_uppercase())?;
            let id_text = raw.texts.intern(&id.to_string())?;
            self.index.manufacturers.push(Manufacturer {
                id: *id,
                id_text,
                name,
            });
        }
        self.index.manufacturers.sort_by_key(|row| row.id);
        Ok(())
    }

    /// The place of a make.
    pub(super) fn make(&self, id: u32) -> Option<u32> {
        let place = self.index.makes.binary_search_by_key(&id, |make| make.id);
        place.ok().and_then(|place| u32::try_from(place).ok())
    }

    fn engine_models(&mut self) -> Result<(), BuildError> {
        let mut by_model: FxHashMap<u32, Vec<_>> = FxHashMap::default();
        for row in std::mem::take(&mut self.raw.engine_patterns) {
            by_model.entry(row.engine_model).or_default().push(row);
        }
        let mut by_name: std::collections::BTreeMap<String, Vec<u32>> =
            std::collections::BTreeMap::new();
        for (id, name) in std::mem::take(&mut self.raw.engine_models) {
            by_name
                .entry(name.trim_matches(' ').to_lowercase())
                .or_default()
                .push(id);
        }
        for (name, ids) in by_name {
            let first = count(self.index.engine_patterns.len(), "engine patterns")?;
            let rows = ids.iter().filter_map(|id| by_model.get(id)).flatten();
            for row in rows.copied().collect::<Vec<_>>() {
                let known = self
                    .index
                    .element(row.element)
                    .is_some_and(|it| it.name != NONE);
                if known {
                    let changed = self.rank(row.changed);
                    let attribute = self.attribute(row.element, row.attribute)?;
                    self.index
                        .engine_patterns
                        .push(EnginePattern { attribute, changed });
                }
            }
            let end = count(self.index.engine_patterns.len(), "engine patterns")?;
            let added = u16::try_from(end.saturating_sub(first))
                .map_err(|_| BuildError::TooMany("patterns of an engine model"))?;
            self.engines.insert(name, (first, added));
        }
        Ok(())
    }

    fn schemas(&mut self) -> Result<(), BuildError> {
        let mut patterns = std::mem::take(&mut self.raw.patterns);
        let mut texts: Vec<u32> = patterns.iter().map(|row| row.key).collect();
        texts.sort_unstable();
        texts.dedup();
        let mut sets = Sets::default();
        let keys = keys::compile(&mut self.index, &self.raw.texts, texts, &mut sets)?;
        patterns.sort_unstable_by_key(|row| (row.schema, row.key, row.id));
        for rows in patterns.chunk_by(|a, b| a.schema == b.schema) {
            self.schema(rows, &keys, &mut sets)?;
        }
        // Where the patterns of the last key end.
        let first_pattern = count(self.index.patterns.len(), "patterns")?;
        self.index.schema_keys.push(SchemaKey {
            head: 0,
            head_mask: 0,
            key: NONE,
            first_pattern,
        });
        Ok(())
    }

    fn schema(
        &mut self,
        rows: &[RawPattern],
        keys: &FxHashMap<u32, CompiledKey>,
        sets: &mut Sets,
    ) -> Result<(), BuildError> {
        let Some(id) = rows.first().map(|row| row.schema) else {
            return Ok(());
        };
        let first_key = count(self.index.schema_keys.len(), "keys of schemas")?;
        let first_formula = count(self.index.formulas.len(), "formulas")?;
        let checked = !self.raw.unchecked_schemas.contains(&id);
        let mut valid = [CharSet::default(); 11];
        for rows in rows.chunk_by(|a, b| a.key == b.key) {
            let Some(key) = rows.first().and_then(|row| keys.get(&row.key)) else {
                continue;
            };
            for (all, one) in valid.iter_mut().zip(key.valid) {
                *all = all.union(one);
            }
            if let (Some(row), true) = (key.row, checked) {
                self.key_of_schema(rows, row, key.formula)?;
            }
        }
        let mut places = [0; 11];
        for (place, set) in places.iter_mut().zip(valid) {
            *place = sets.place(&mut self.index, set)?;
        }
        let key_count = count(self.index.schema_keys.len(), "keys of schemas")? - first_key;
        let formula_count = count(self.index.formulas.len(), "formulas")? - first_formula;
        self.index.schemas.push(Schema {
            id,
            first_key,
            key_count,
            first_formula,
            formula_count,
            valid: places,
        });
        Ok(())
    }

    fn key_of_schema(
        &mut self,
        rows: &[RawPattern],
        key: u32,
        formula: Option<(u8, u8)>,
    ) -> Result<(), BuildError> {
        let first_pattern = count(self.index.patterns.len(), "patterns")?;
        for row in rows {
            if NOT_FROM_PATTERNS.contains(&row.element) {
                continue;
            }
            let (id, changed) = (row.id, self.rank(row.changed));
            let element = self.index.element(row.element);
            let decoded = element.is_some_and(|it| it.flags & element_flags::DECODED != 0);
            if !decoded && formula.is_none() {
                continue;
            }
            let attribute = self.attribute(row.element, row.attribute)?;
            if decoded {
                self.index.patterns.push(Pattern {
                    id,
                    changed,
                    attribute,
                });
            }
            if let Some((from, length)) = formula {
                self.index.formulas.push(Formula {
                    id,
                    changed,
                    attribute,
                    key,
                    from,
                    length,
                });
            }
        }
        let end = count(self.index.patterns.len(), "patterns")?;
        if end > first_pattern
            && let Some(row) = self.index.key(key)
        {
            // The bar stands in every string that is long enough, and short strings are compared as a whole.
            let bar = u128::from(row.literal.to_le_bytes().get(5) == Some(&b'|')) * (0xff << 40);
            let (literal, mask) = (row.literal & !bar, row.mask & !bar);
            let said = head_only(mask) && row.set_count == 0;
            let whole = if said { 0 } else { NEEDS_WHOLE_KEY };
            self.index.schema_keys.push(SchemaKey {
                head: head(literal),
                head_mask: head(mask),
                key: key | whole,
                first_pattern,
            });
        }
        Ok(())
    }

    fn rules(&mut self) -> Result<(), BuildError> {
        let not_applicable = self.raw.texts.intern("Not Applicable")?;
        for row in std::mem::take(&mut self.raw.defaults) {
            let Some(element) = self.index.element(row.element).copied() else {
                continue;
            };
            if element.name == NONE {
                continue;
            }
            let text = self.raw.texts.intern(&row.value)?;
            let attribute = self.attribute(row.element, text)?;
            let plain = self.index.attribute(attribute).map_or(NONE, |it| it.value);
            let none = element.flags & element_flags::LOOKUP != 0 && row.value == "0";
            self.index.defaults.push(Default_ {
                vehicle_type_id: row.vehicle_type,
                attribute,
                changed: self.rank(row.changed),
                value: if none { not_applicable } else { plain },
            });
        }
        self.index
            .defaults
            .sort_by_key(|row| (row.vehicle_type_id, row.attribute));
        for row in std::mem::take(&mut self.raw.errors) {
            let name = self.raw.texts.intern(&row.name)?;
            let additional = self.raw.texts.intern(&row.additional)?;
            let (code, weight) = (row.code, row.weight);
            self.index.errors.push(ErrorText {
                code,
                weight,
                name,
                additional,
            });
        }
        self.index.errors.sort_by_key(|row| row.code);
        let exceptions = std::mem::take(&mut self.raw.exceptions);
        let vins = exceptions
            .iter()
            .filter_map(|vin| vin.as_bytes().try_into().ok());
        self.index.exceptions = vins.map(|vin| Exception { vin }).collect();
        self.index.exceptions.sort_by_key(|row| row.vin);
        Ok(())
    }
}

/// Whether everything a key says outright stands at positions 4 to 8 and 10 to 12.
fn head_only(mask: u128) -> bool {
    let heads = 0x00ff_ffff_00ff_ffff_ffff_u128;
    mask & !heads == 0
}

fn flags_of(element: u8, plain: &str) -> u8 {
    if element != BODY_CLASS {
        return 0;
    }
    let flag = |ids: &[&str], flag| if ids.contains(&plain) { flag } else { 0 };
    flag(&GLIDER, attribute_flags::GLIDER)
        | flag(&OFF_ROAD, attribute_flags::OFF_ROAD)
        | flag(&INCOMPLETE, attribute_flags::INCOMPLETE)
}
