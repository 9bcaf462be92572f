//! The vPIC tables derivation needs, collected compactly while the dump streams by.

mod collector;
mod columns;
mod copy_text;
mod texts;

pub(crate) use collector::Collector;
pub(crate) use copy_text::{each_row, field_text};
use rustc_hash::FxHashMap;
pub(crate) use texts::{TextId, Texts};

use super::key_mask::KeyMask;

/// A point in time as microseconds on a calendar of 32-day months: it orders, it does not measure.
pub(crate) type Changed = u64;
/// No change date. vPIC's ordering puts it before (later than) every date.
pub(crate) const NEVER_CHANGED: Changed = Changed::MAX;

/// A row of `pattern` of an element the catalogue needs.
#[derive(Clone, Copy)]
pub(crate) struct PatternRow {
    pub(crate) id: u32,
    pub(crate) schema: u32,
    /// Index into [`VpicTables::keys`].
    pub(crate) key: u32,
    pub(crate) value: TextId,
    pub(crate) changed: Changed,
    pub(crate) slot: u8,
}

/// A row of `enginemodelpattern`.
#[derive(Clone, Copy)]
pub(crate) struct EngineModelPatternRow {
    pub(crate) engine_model: u32,
    pub(crate) value: TextId,
    pub(crate) slot: u8,
}

/// A row of `vehiclespecpattern`: a key, or a transmission's style or speeds.
#[derive(Clone, Copy)]
pub(crate) struct SpecPatternRow {
    pub(crate) spec_pattern: u32,
    pub(crate) value: TextId,
    pub(crate) changed: Changed,
    pub(crate) is_key: bool,
    /// `None`: a key over an element the catalogue does not follow.
    pub(crate) slot: Option<u8>,
}

/// A row of `vehiclespecschema` that is not waiting for quality control.
#[derive(Clone, Copy)]
pub(crate) struct SpecSchemaRow {
    pub(crate) id: u32,
    pub(crate) make: u32,
    pub(crate) vehicle_type: u32,
}

/// A published row of `wmi`.
#[derive(Clone, Copy)]
pub(crate) struct WmiRow {
    pub(crate) id: u32,
    pub(crate) vehicle_type: u32,
}

/// A row of `wmi_vinschema`: the years a WMI uses a schema.
#[derive(Clone, Copy)]
pub(crate) struct BandRow {
    pub(crate) wmi: u32,
    pub(crate) schema: u32,
    pub(crate) year_from: u16,
    /// `None`: open.
    pub(crate) year_to: Option<u16>,
}

/// An id and a name, as most look-up tables are.
pub(crate) struct NamedRow {
    pub(crate) id: u32,
    pub(crate) name: String,
}

/// A distinct key text.
pub(crate) struct Key {
    /// `None`: no VIN can match it.
    pub(crate) mask: Option<KeyMask>,
    /// The text without brackets, by which equal candidates are ordered.
    pub(crate) bare: Box<[u8]>,
    /// Characters but `*`: vPIC prefers fewer.
    pub(crate) specific_len: u8,
}

/// One release's rows, in no particular order.
#[derive(Default)]
pub(crate) struct VpicTables {
    pub(crate) texts: Texts,
    pub(crate) keys: Vec<Key>,
    pub(crate) patterns: Vec<PatternRow>,
    /// The year of each schema's last pattern change.
    pub(crate) schema_changed_year: FxHashMap<u32, u16>,
    /// Schemas waiting for quality control: they do not decode.
    pub(crate) unchecked_schemas: Vec<u32>,
    pub(crate) bands: Vec<BandRow>,
    pub(crate) wmis: Vec<WmiRow>,
    pub(crate) makes: Vec<NamedRow>,
    pub(crate) models: Vec<NamedRow>,
    /// (model, make)
    pub(crate) model_makes: Vec<(u32, u32)>,
    pub(crate) engine_models: Vec<NamedRow>,
    pub(crate) engine_model_patterns: Vec<EngineModelPatternRow>,
    pub(crate) spec_schemas: Vec<SpecSchemaRow>,
    /// (spec schema, model)
    pub(crate) spec_models: Vec<(u32, u32)>,
    /// (spec schema, year)
    pub(crate) spec_years: Vec<(u32, u16)>,
    /// (spec pattern group, spec schema)
    pub(crate) spec_groups: Vec<(u32, u32)>,
    pub(crate) spec_patterns: Vec<SpecPatternRow>,
    pub(crate) fuel_types: Vec<NamedRow>,
    pub(crate) engine_configurations: Vec<NamedRow>,
    pub(crate) electrification_levels: Vec<NamedRow>,
    pub(crate) transmission_styles: Vec<NamedRow>,
}

#[cfg(test)]
mod tests;
