//! Everything of a release that decoding needs, in flat tables.

mod file;
mod record;
pub(crate) mod tables;
mod texts;

pub use file::{FORMAT, IndexError};
pub(crate) use record::Record;
pub(crate) use texts::{TextId, Texts};

use crate::charset::CharSet;
use crate::key::Subject;
use crate::vin::{Vin, Wmi};
use rustc_hash::FxHashMap;
use std::ops::Range;
use tables::{
    Attribute, Band, Conversion, Default_, Element, EnginePattern, ErrorText, Exception, Formula,
    KeyRow, KeySet, Make, Manufacturer, Model, Pattern, Schema, SchemaKey, SpecGroup, SpecRow,
    SpecSchema, WmiMake, WmiRow,
};

/// "None" where a table holds a place or a text.
pub(crate) const NONE: u32 = u32::MAX;

/// The index of one release. It is immutable and shared by all threads.
#[derive(Debug, Default)]
pub struct Index {
    pub(crate) texts: Texts,
    /// By element id; 256 of them.
    pub(crate) elements: Vec<Element>,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) sets: Vec<u128>,
    pub(crate) keys: Vec<KeyRow>,
    pub(crate) key_sets: Vec<KeySet>,
    pub(crate) schemas: Vec<Schema>,
    pub(crate) schema_keys: Vec<SchemaKey>,
    pub(crate) patterns: Vec<Pattern>,
    pub(crate) formulas: Vec<Formula>,
    pub(crate) wmis: Vec<WmiRow>,
    pub(crate) wmi_makes: Vec<WmiMake>,
    pub(crate) bands: Vec<Band>,
    pub(crate) manufacturers: Vec<Manufacturer>,
    pub(crate) makes: Vec<Make>,
    pub(crate) models: Vec<Model>,
    pub(crate) engine_patterns: Vec<EnginePattern>,
    pub(crate) conversions: Vec<Conversion>,
    pub(crate) spec_schemas: Vec<SpecSchema>,
    pub(crate) spec_groups: Vec<SpecGroup>,
    pub(crate) spec_rows: Vec<SpecRow>,
    pub(crate) spec_years: Vec<u16>,
    pub(crate) defaults: Vec<Default_>,
    pub(crate) errors: Vec<ErrorText>,
    /// In order.
    pub(crate) exceptions: Vec<Exception>,
    pub(crate) by_wmi: FxHashMap<[u8; 6], u32>,
}

impl Index {
    /// How many manufacturer codes the release knows.
    pub fn wmi_count(&self) -> usize {
        self.wmis.len()
    }

    /// How many patterns can tell something public.
    pub fn pattern_count(&self) -> usize {
        self.patterns.len()
    }

    pub(crate) fn text(&self, id: TextId) -> Option<&str> {
        self.texts.get(id)
    }

    pub(crate) fn wmi(&self, code: Wmi) -> Option<&WmiRow> {
        let place = self.by_wmi.get(&code.0)?;
        self.wmis.get(position(*place))
    }

    pub(crate) fn bands_of(&self, wmi: &WmiRow) -> &[Band] {
        slice(&self.bands, wmi.first_band, wmi.band_count)
    }

    pub(crate) fn makes_of(&self, wmi: &WmiRow) -> &[WmiMake] {
        slice(&self.wmi_makes, wmi.first_make, wmi.make_count)
    }

    pub(crate) fn attribute(&self, place: u32) -> Option<&Attribute> {
        self.attributes.get(position(place))
    }

    pub(crate) fn element(&self, id: u8) -> Option<&Element> {
        self.elements.get(usize::from(id))
    }

    pub(crate) fn key(&self, place: u32) -> Option<&KeyRow> {
        self.keys.get(position(place))
    }

    pub(crate) fn set(&self, place: u16) -> CharSet {
        CharSet(self.sets.get(usize::from(place)).copied().unwrap_or(0))
    }

    /// Whether a key holds for the whole string.
    pub(crate) fn matches(&self, key: &KeyRow, subject: &Subject) -> bool {
        usize::from(key.units) <= subject.length
            && subject.packed() & key.mask == key.literal
            && slice(&self.key_sets, key.first_set, u32::from(key.set_count))
                .iter()
                .all(|wanted| {
                    let byte = subject.bytes.get(usize::from(wanted.unit));
                    byte.is_some_and(|byte| self.set(wanted.set).contains(*byte))
                })
    }

    pub(crate) fn is_exception(&self, vin: &Vin) -> bool {
        let Ok(bytes) = <[u8; 17]>::try_from(vin.as_bytes()) else {
            return false;
        };
        self.exceptions
            .binary_search_by(|row| row.vin.cmp(&bytes))
            .is_ok()
    }

    pub(crate) fn error_text(&self, code: u16) -> Option<&ErrorText> {
        self.errors.iter().find(|row| row.code == code)
    }
}

/// The rows of a range; none where the index contradicts itself.
pub(crate) fn slice<T>(rows: &[T], first: u32, count: u32) -> &[T] {
    let first = position(first);
    rows.get(first..first.saturating_add(position(count)))
        .unwrap_or_default()
}

/// Where the rows of `schema_keys` or `patterns` from one place to the next stand.
pub(crate) fn between(first: u32, end: u32) -> Range<usize> {
    position(first)..position(end)
}

pub(crate) fn position(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}
