//! The rows of a release as far as decoding needs them.

use super::BuildError;
use super::tables::{Row, Table};
use crate::index::Texts;
use rustc_hash::{FxHashMap, FxHashSet};

/// Rows, in no particular order.
#[derive(Debug, Default)]
pub(super) struct Raw {
    pub(super) texts: Interner,
    pub(super) patterns: Vec<RawPattern>,
    /// Schemas that wait for quality control.
    pub(super) unchecked_schemas: FxHashSet<u32>,
    pub(super) schemas: FxHashSet<u32>,
    pub(super) bands: Vec<RawBand>,
    pub(super) wmis: Vec<RawWmi>,
    pub(super) wmi_makes: Vec<(u32, u32)>,
    pub(super) makes: Vec<(u32, String)>,
    /// (model, make)
    pub(super) model_makes: Vec<(u32, u32)>,
    pub(super) manufacturers: Vec<(u32, String)>,
    pub(super) vehicle_types: FxHashMap<u16, String>,
    pub(super) elements: Vec<RawElement>,
    pub(super) engine_models: Vec<(u32, String)>,
    pub(super) engine_patterns: Vec<RawEnginePattern>,
    pub(super) spec_schemas: Vec<RawSpecSchema>,
    pub(super) spec_models: Vec<(u32, u32)>,
    pub(super) spec_years: Vec<(u32, u16)>,
    /// (group, schema)
    pub(super) spec_groups: Vec<(u32, u32)>,
    pub(super) spec_patterns: Vec<RawSpecPattern>,
    pub(super) defaults: Vec<RawDefault>,
    pub(super) conversions: Vec<RawConversion>,
    pub(super) errors: Vec<RawError>,
    pub(super) exceptions: Vec<String>,
    /// Look-up table → id → name.
    pub(super) lookups: FxHashMap<String, FxHashMap<String, String>>,
    filled: Vec<Table>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct RawPattern {
    pub(super) id: u32,
    pub(super) schema: u32,
    pub(super) key: u32,
    pub(super) attribute: u32,
    pub(super) changed: Option<i64>,
    pub(super) element: u8,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct RawBand {
    pub(super) wmi: u32,
    pub(super) schema: u32,
    pub(super) year_from: u16,
    pub(super) year_to: Option<u16>,
}

#[derive(Debug)]
pub(super) struct RawWmi {
    pub(super) id: u32,
    pub(super) code: String,
    pub(super) manufacturer: Option<u32>,
    pub(super) vehicle_type: Option<u16>,
    pub(super) truck_type: Option<u16>,
    pub(super) public_from: Option<i64>,
    pub(super) changed: Option<i64>,
}

#[derive(Debug)]
pub(super) struct RawElement {
    pub(super) id: u8,
    pub(super) name: String,
    pub(super) code: String,
    pub(super) lookup: Option<String>,
    pub(super) private: bool,
    pub(super) group: String,
    pub(super) data_type: String,
    pub(super) decode: Option<String>,
    pub(super) weight: i16,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct RawEnginePattern {
    pub(super) engine_model: u32,
    pub(super) element: u8,
    pub(super) attribute: u32,
    pub(super) changed: Option<i64>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct RawSpecSchema {
    pub(super) id: u32,
    pub(super) make: u32,
    pub(super) vehicle_type: u16,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct RawSpecPattern {
    pub(super) group: u32,
    pub(super) is_key: bool,
    pub(super) element: u8,
    pub(super) attribute: u32,
    pub(super) changed: Option<i64>,
}

#[derive(Debug)]
pub(super) struct RawDefault {
    pub(super) element: u8,
    pub(super) vehicle_type: u16,
    pub(super) value: String,
    pub(super) changed: Option<i64>,
}

#[derive(Debug)]
pub(super) struct RawConversion {
    pub(super) id: u16,
    pub(super) from: u8,
    pub(super) to: u8,
    pub(super) formula: String,
}

#[derive(Debug)]
pub(super) struct RawError {
    pub(super) code: u16,
    pub(super) name: String,
    pub(super) weight: i32,
    pub(super) additional: String,
}

impl Raw {
    /// The tables that had no row.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        Table::all()
            .filter(|(table, _)| !self.filled.contains(table))
            .map(|(_, name)| name)
            .collect()
    }

    pub(super) fn take(&mut self, name: &str, row: &Row<'_>) -> Result<(), BuildError> {
        if self.filled.last() != Some(&row.table) {
            self.filled.push(row.table);
        }
        match row.table {
            Table::Pattern => self.pattern(row)?,
            Table::VinSchema => {
                let id = row.number(0)?;
                self.schemas.insert(id);
                if row.is_true(1) {
                    self.unchecked_schemas.insert(id);
                }
            }
            Table::WmiVinSchema => self.bands.push(RawBand {
                wmi: row.number(0)?,
                schema: row.number(1)?,
                year_from: row.number(2)?,
                year_to: row.optional_number(3)?,
            }),
            Table::Wmi => self.wmi(row)?,
            Table::WmiMake => self.wmi_makes.push((row.number(0)?, row.number(1)?)),
            Table::MakeModel => self.model_makes.push((row.number(1)?, row.number(0)?)),
            Table::Make
            | Table::Model
            | Table::Manufacturer
            | Table::VehicleType
            | Table::EngineModel
            | Table::Lookup => self.named(name, row)?,
            Table::Element => self.element(row)?,
            Table::EngineModelPattern => {
                let attribute = self.texts.intern(row.text(2)?)?;
                self.engine_patterns.push(RawEnginePattern {
                    engine_model: row.number(0)?,
                    element: row.number(1)?,
                    attribute,
                    changed: row.changed(3, 4)?,
                });
            }
            Table::SpecSchema
            | Table::SpecModel
            | Table::SpecYear
            | Table::SpecGroup
            | Table::SpecPattern => self.specification(row)?,
            Table::DefaultValue | Table::Conversion | Table::ErrorCode | Table::VinException => {
                self.rule(row)?;
            }
        }
        Ok(())
    }

    fn pattern(&mut self, row: &Row<'_>) -> Result<(), BuildError> {
        let key = self.texts.intern(row.text(2)?)?;
        let attribute = self.texts.intern(row.text(4)?)?;
        self.patterns.push(RawPattern {
            id: row.number(0)?,
            schema: row.number(1)?,
            key,
            attribute,
            changed: row.changed(5, 6)?,
            element: row.number(3)?,
        });
        Ok(())
    }

    fn wmi(&mut self, row: &Row<'_>) -> Result<(), BuildError> {
        self.wmis.push(RawWmi {
            id: row.number(0)?,
            code: row.text(1)?.to_owned(),
            manufacturer: row.optional_number(2)?,
            vehicle_type: row.optional_number(3)?,
            truck_type: row.optional_number(4)?,
            public_from: row.timestamp(5)?,
            changed: row.changed(6, 7)?,
        });
        Ok(())
    }

    fn named(&mut self, name: &str, row: &Row<'_>) -> Result<(), BuildError> {
        let text = row.optional(1).unwrap_or_default().to_owned();
        let id = row.text(0)?.to_owned();
        match row.table {
            Table::Make => self.makes.push((row.number(0)?, text.clone())),
            Table::Manufacturer => self.manufacturers.push((row.number(0)?, text.clone())),
            Table::EngineModel => self.engine_models.push((row.number(0)?, text.clone())),
            Table::VehicleType => {
                self.vehicle_types.insert(row.number(0)?, text.clone());
            }
            _ => {}
        }
        if let Some(lookup) = self.lookups.get_mut(name) {
            lookup.insert(id, text);
        } else {
            let lookup = FxHashMap::from_iter([(id, text)]);
            self.lookups.insert(name.to_owned(), lookup);
        }
        Ok(())
    }

    fn element(&mut self, row: &Row<'_>) -> Result<(), BuildError> {
        let text = |number| row.optional(number).unwrap_or_default().to_owned();
        self.elements.push(RawElement {
            id: row.number(0)?,
            name: text(1),
            code: text(2),
            lookup: row.optional(3).map(str::to_ascii_lowercase),
            private: row.is_true(4),
            group: text(5),
            data_type: text(6),
            decode: row.optional(7).map(str::to_owned),
            weight: row.optional_number(8)?.unwrap_or(0),
        });
        Ok(())
    }

    fn specification(&mut self, row: &Row<'_>) -> Result<(), BuildError> {
        match row.table {
            Table::SpecSchema => {
                // One of no vehicle type never meets a VIN, and one that waits for quality control must not.
                if let (Some(vehicle_type), false) = (row.optional_number(2)?, row.is_true(3)) {
                    self.spec_schemas.push(RawSpecSchema {
                        id: row.number(0)?,
                        make: row.number(1)?,
                        vehicle_type,
                    });
                }
            }
            Table::SpecModel => self.spec_models.push((row.number(0)?, row.number(1)?)),
            Table::SpecYear => self.spec_years.push((row.number(0)?, row.number(1)?)),
            Table::SpecGroup => self.spec_groups.push((row.number(0)?, row.number(1)?)),
            _ => {
                let attribute = self.texts.intern(row.text(3)?)?;
                self.spec_patterns.push(RawSpecPattern {
                    group: row.number(0)?,
                    is_key: row.is_true(1),
                    element: row.number(2)?,
                    attribute,
                    changed: row.changed(4, 5)?,
                });
            }
        }
        Ok(())
    }

    fn rule(&mut self, row: &Row<'_>) -> Result<(), BuildError> {
        match row.table {
            Table::DefaultValue => {
                if let Some(value) = row.optional(2) {
                    self.defaults.push(RawDefault {
                        element: row.number(0)?,
                        vehicle_type: row.number(1)?,
                        value: value.to_owned(),
                        changed: row.changed(3, 4)?,
                    });
                }
            }
            Table::Conversion => self.conversions.push(RawConversion {
                id: row.number(0)?,
                from: row.number(1)?,
                to: row.number(2)?,
                formula: row.text(3)?.to_owned(),
            }),
            Table::ErrorCode => self.errors.push(RawError {
                code: row.number(0)?,
                name: row.text(1)?.to_owned(),
                // Below zero, so not `optional_number`.
                weight: row.optional(2).map_or(Ok(0), |_| row.number(2))?,
                additional: row.optional(3).unwrap_or_default().to_owned(),
            }),
            _ => {
                if row.is_true(1) {
                    self.exceptions.push(row.text(0)?.to_owned());
                }
            }
        }
        Ok(())
    }
}

/// Texts, each kept once.
#[derive(Debug, Default)]
pub(super) struct Interner {
    ids: FxHashMap<Box<str>, u32>,
    pub(super) texts: Texts,
}

impl Interner {
    pub(super) fn intern(&mut self, text: &str) -> Result<u32, BuildError> {
        if let Some(id) = self.ids.get(text) {
            return Ok(*id);
        }
        let id = self.texts.push(text);
        if u32::try_from(self.texts.bytes.len()).is_err() {
            return Err(BuildError::TooMany("texts"));
        }
        self.ids.insert(text.into(), id);
        Ok(id)
    }

    pub(super) fn text(&self, id: u32) -> &str {
        self.texts.get(id).unwrap_or_default()
    }
}
