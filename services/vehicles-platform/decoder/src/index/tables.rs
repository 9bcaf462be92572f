//! The rows of the index. A field that names a row of another table holds its place there, `NONE` for none.

use super::record::records;
use super::texts::TextId;

records! {
    /// A vPIC variable.
    Element {
        name: TextId,
        code: TextId,
        group: TextId,
        data_type: TextId,
        /// What a value of it counts for when passes are compared; 0 for nothing.
        weight: i16,
        flags: u8,
    }

    /// A value of an element as patterns have it.
    Attribute {
        element: u8,
        /// What matters about it to the rules: see `attribute_flags`.
        flags: u8,
        /// The attribute id or the text.
        text: TextId,
        /// The text in lower case: vehicle specifications are compared without regard to case.
        folded: TextId,
        /// What it reads as: the name, where the element has a look-up table.
        value: TextId,
        /// The model, for element 28; the first engine pattern, for element 18; the first conversion, for displacements.
        link: u32,
        link_count: u16,
    }

    /// A distinct key.
    KeyRow {
        /// The characters that are said outright, one byte a unit.
        literal: u128,
        mask: u128,
        text: TextId,
        /// Its place among all keys, the preferred first.
        rank: u32,
        first_set: u32,
        set_count: u8,
        units: u8,
        /// What it names at positions 4 to 8 and 11.
        named: [u16; 6],
    }

    /// A unit of a key that may be one of several characters.
    KeySet { unit: u8, set: u16 }

    /// A VIN schema.
    Schema {
        id: u32,
        first_key: u32,
        key_count: u32,
        first_formula: u32,
        formula_count: u32,
        /// What all of its keys name at positions 4 to 14.
        valid: [u16; 11],
    }

    /// A key in a schema. Its patterns end where the next one's begin.
    SchemaKey {
        /// What must stand at positions 4 to 8 and 10 to 12.
        head: u64,
        head_mask: u64,
        /// The key, and above it whether the head says all of it.
        key: u32,
        first_pattern: u32,
    }

    /// What a VIN with some key has.
    Pattern { id: u32, changed: u32, attribute: u32 }

    /// A pattern whose value is a part of the VIN.
    Formula { id: u32, changed: u32, attribute: u32, key: u32, from: u8, length: u8 }

    /// A manufacturer's code.
    WmiRow {
        code: [u8; 6],
        id: u32,
        /// Microseconds since 1970; `i64::MAX`: never.
        public_from: i64,
        changed: u32,
        manufacturer: u32,
        /// The vehicle type's attribute.
        vehicle_type: u32,
        /// 0 for none.
        vehicle_type_id: u16,
        truck_type_id: u16,
        /// The vehicle type in capitals, as vPIC shows it here.
        vehicle_type_name: TextId,
        first_band: u32,
        band_count: u32,
        first_make: u32,
        make_count: u32,
    }

    WmiMake { make: u32 }

    /// The years in which a manufacturer's code uses a schema.
    Band { schema: u32, year_from: u16, year_to: u16 }

    Manufacturer { id: u32, id_text: TextId, name: TextId }

    /// `name` is in capitals, `filed` as the make was filed.
    Make { id: u32, id_text: TextId, name: TextId, filed: TextId }

    /// A model: its make and its vehicle specifications.
    Model { id: u32, make: u32, first_spec: u32, spec_count: u32 }

    EnginePattern { attribute: u32, changed: u32 }

    /// A displacement in another unit.
    Conversion { from: u8, to: u8, id: u16, value: TextId, source: TextId }

    SpecSchema {
        id: u32,
        make: u32,
        vehicle_type_id: u16,
        first_year: u32,
        year_count: u32,
        first_group: u32,
        group_count: u32,
    }

    /// Specifications that hold together: where all keys are decoded, the values are known.
    SpecGroup { id: u32, first_key: u32, key_count: u16, value_count: u16 }

    SpecRow { attribute: u32, changed: u32 }

    /// What a vehicle type has where nothing else is known.
    Default_ { vehicle_type_id: u16, attribute: u32, changed: u32, value: TextId }

    ErrorText { code: u16, weight: i32, name: TextId, additional: TextId }

    /// A VIN whose check digit is known to be wrong.
    Exception { vin: [u8; 17] }
}

/// What an element is to decoding.
pub(crate) mod element_flags {
    /// Its patterns are used.
    pub(crate) const DECODED: u8 = 1;
    /// Its values are shown.
    pub(crate) const PUBLIC: u8 = 2;
    /// Several values may stand side by side.
    pub(crate) const REPEATABLE: u8 = 4;
    /// Its values are names of a look-up table.
    pub(crate) const LOOKUP: u8 = 8;
}

/// What a body class means to the rules.
pub(crate) mod attribute_flags {
    pub(crate) const GLIDER: u8 = 1;
    pub(crate) const OFF_ROAD: u8 = 2;
    pub(crate) const INCOMPLETE: u8 = 4;
}

/// In [`SchemaKey::key`]: the head does not say all of the key.
pub(crate) const NEEDS_WHOLE_KEY: u32 = 1 << 31;
