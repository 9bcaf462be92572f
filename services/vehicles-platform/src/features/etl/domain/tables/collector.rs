//! Feeds on the dump's COPY blocks and keeps what derivation needs.
#![expect(
    clippy::indexing_slicing,
    reason = "hot loop; every index is a checked column position"
)]

use rustc_hash::FxHashMap;

use super::super::elements::slot_of;
use super::super::key_mask::KeyMask;
use super::columns::{MOST_COLUMNS, MissingColumn, Table, WANTED, positions, wanted};
use super::copy_text::{changed, each_row, is_true, last_change, number, present, text, year};
use super::{
    BandRow, EngineModelPatternRow, Key, NamedRow, PatternRow, SpecPatternRow, SpecSchemaRow,
    VpicTables, WmiRow,
};

/// A row that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("a row of table {table} cannot be read: {row:?}")]
pub(crate) struct BadRow {
    /// The vPIC table.
    pub(crate) table: &'static str,
    /// The row's text, cut short.
    pub(crate) row: String,
}

/// Tables that never came, or came empty.
#[derive(Debug, thiserror::Error)]
#[error("the release has no rows in {}", tables.join(", "))]
pub(crate) struct IncompleteRelease {
    /// The vPIC tables.
    pub(crate) tables: Vec<&'static str>,
}

/// Collects the wanted tables while the dump streams by.
#[derive(Default)]
pub(crate) struct Collector {
    tables: VpicTables,
    key_ids: FxHashMap<Box<[u8]>, u32>,
    current: Option<Current>,
    filled: Vec<&'static str>,
    /// The schema of the pattern row before, and the year it last changed: rows of a schema mostly follow each other.
    last_schema: (u32, u16),
}

struct Current {
    table: Table,
    name: &'static str,
    positions: Vec<usize>,
}

impl Collector {
    /// Does derivation need this table? `table` is the bare vPIC name, lower case.
    pub(crate) fn wants(table: &str) -> bool {
        wanted(table).is_some()
    }

    /// A COPY block of `table` begins, with these columns.
    pub(crate) fn begin(&mut self, table: &str, columns: &[String]) -> Result<(), MissingColumn> {
        self.current = None;
        if let Some(&(table, name, wanted)) = WANTED.iter().find(|(_, name, _)| *name == table) {
            let positions = positions(name, wanted, columns)?;
            self.current = Some(Current {
                table,
                name,
                positions,
            });
        }
        Ok(())
    }

    /// Whole lines of the current block, each ended by a line feed.
    pub(crate) fn rows(&mut self, chunk: &[u8]) -> Result<(), BadRow> {
        let Some(current) = self.current.take() else {
            return Ok(());
        };
        let outcome = self.lines(&current, chunk);
        if !chunk.is_empty() && self.filled.last() != Some(&current.name) {
            self.filled.push(current.name);
        }
        self.current = Some(current);
        outcome
    }

    /// Every table is through.
    pub(crate) fn finish(self) -> Result<VpicTables, IncompleteRelease> {
        let missing = |name: &&'static str| !self.filled.contains(name);
        let tables: Vec<_> = WANTED
            .iter()
            .map(|(_, name, _)| *name)
            .filter(missing)
            .collect();
        if tables.is_empty() {
            Ok(self.tables)
        } else {
            Err(IncompleteRelease { tables })
        }
    }

    fn lines(&mut self, current: &Current, chunk: &[u8]) -> Result<(), BadRow> {
        if chunk.last().is_some_and(|last| *last != b'\n') {
            return Err(bad_row(current.name, chunk));
        }
        each_row(chunk, |fields| {
            self.row(current, fields)
                .ok_or_else(|| bad_row(current.name, &fields.join(&b'\t')))
        })
    }

    fn row(&mut self, current: &Current, raw: &[&[u8]]) -> Option<()> {
        let mut fields: [&[u8]; MOST_COLUMNS] = [&[]; MOST_COLUMNS];
        for (field, &position) in fields.iter_mut().zip(&current.positions) {
            *field = raw.get(position)?;
        }
        let tables = &mut self.tables;
        match current.table {
            Table::Pattern => self.pattern(&fields)?,
            Table::VinSchema => {
                if is_true(fields[1]) {
                    tables.unchecked_schemas.push(number(fields[0])?);
                }
            }
            Table::WmiVinSchema => tables.bands.push(band(&fields)?),
            Table::Wmi => {
                // Not decoded: a WMI without a vehicle type, or not public yet.
                if present(fields[1]).is_some() && present(fields[2]).is_some() {
                    let (id, vehicle_type) = (number(fields[0])?, number(fields[1])?);
                    tables.wmis.push(WmiRow { id, vehicle_type });
                }
            }
            Table::Make => tables.makes.push(named(&fields)?),
            Table::Model => tables.models.push(named(&fields)?),
            Table::MakeModel => tables.model_makes.push(pair(&fields)?),
            Table::EngineModel => tables.engine_models.push(named(&fields)?),
            Table::EngineModelPattern => {
                if let Some(slot) = slot_of(number(fields[1])?) {
                    let value = tables.texts.intern(&text(fields[2])?);
                    let engine_model = number(fields[0])?;
                    let row = EngineModelPatternRow {
                        engine_model,
                        value,
                        slot,
                    };
                    tables.engine_model_patterns.push(row);
                }
            }
            Table::SpecSchema => {
                // A vehicle type of -1 stands for none; such a schema never meets a VIN.
                if let (Some(vehicle_type), false) = (number(fields[2]), is_true(fields[3])) {
                    let (id, make) = (number(fields[0])?, number(fields[1])?);
                    tables.spec_schemas.push(SpecSchemaRow {
                        id,
                        make,
                        vehicle_type,
                    });
                }
            }
            Table::SpecModel => tables.spec_models.push(pair(&fields)?),
            Table::SpecYear => {
                tables
                    .spec_years
                    .push((number(fields[0])?, u16::try_from(number(fields[1])?).ok()?));
            }
            Table::SpecGroup => tables.spec_groups.push(pair(&fields)?),
            Table::SpecPattern => self.spec_pattern(&fields)?,
            Table::FuelType => tables.fuel_types.push(named(&fields)?),
            Table::EngineConfiguration => tables.engine_configurations.push(named(&fields)?),
            Table::ElectrificationLevel => tables.electrification_levels.push(named(&fields)?),
            Table::Transmission => tables.transmission_styles.push(named(&fields)?),
        }
        Some(())
    }

    fn pattern(&mut self, fields: &[&[u8]; MOST_COLUMNS]) -> Option<()> {
        let schema = number(fields[1])?;
        let when = last_change(fields[5], fields[6]);
        self.touch(schema, when.map_or(Some(0), year)?);
        if let Some(slot) = slot_of(number(fields[3])?) {
            let id = number(fields[0])?;
            let key = self.key(fields[2])?;
            let value = self.tables.texts.intern(text(fields[4])?.trim());
            let changed = changed(when)?;
            self.tables.patterns.push(PatternRow {
                id,
                schema,
                key,
                value,
                changed,
                slot,
            });
        }
        Some(())
    }

    /// Keeps the latest year a schema changed.
    fn touch(&mut self, schema: u32, year: u16) {
        let (last, known) = self.last_schema;
        if last == schema && year <= known {
            return;
        }
        let latest = self
            .tables
            .schema_changed_year
            .entry(schema)
            .or_insert(year);
        *latest = year.max(*latest);
        self.last_schema = (schema, *latest);
    }

    fn key(&mut self, field: &[u8]) -> Option<u32> {
        if let Some(&id) = self.key_ids.get(field) {
            return Some(id);
        }
        let id = u32::try_from(self.tables.keys.len()).ok()?;
        let plain = text(field)?;
        let plain = plain.trim().as_bytes();
        let specific = plain.iter().filter(|&&byte| byte != b'*').count();
        self.tables.keys.push(Key {
            mask: KeyMask::parse(plain),
            bare: plain
                .iter()
                .copied()
                .filter(|byte| !b"[]".contains(byte))
                .collect(),
            specific_len: u8::try_from(specific).unwrap_or(u8::MAX),
        });
        self.key_ids.insert(field.into(), id);
        Some(id)
    }

    fn spec_pattern(&mut self, fields: &[&[u8]; MOST_COLUMNS]) -> Option<()> {
        let is_key = is_true(fields[1]);
        let slot = slot_of(number(fields[2])?);
        let is_transmission = slot.is_some_and(|slot| is_transmission(usize::from(slot)));
        if is_key || is_transmission {
            let spec_pattern = number(fields[0])?;
            let value = self.tables.texts.intern(text(fields[3])?.trim());
            let changed = changed(last_change(fields[4], fields[5]))?;
            let row = SpecPatternRow {
                spec_pattern,
                value,
                changed,
                is_key,
                slot,
            };
            self.tables.spec_patterns.push(row);
        }
        Some(())
    }
}

fn is_transmission(slot: usize) -> bool {
    use super::super::elements::{SPEEDS, STYLE};
    slot == STYLE || slot == SPEEDS
}

fn band(fields: &[&[u8]; MOST_COLUMNS]) -> Option<BandRow> {
    let year = |field| u16::try_from(number(field)?).ok();
    let year_to = match present(fields[3]) {
        Some(field) => Some(year(field)?),
        None => None,
    };
    Some(BandRow {
        wmi: number(fields[0])?,
        schema: number(fields[1])?,
        year_from: year(fields[2])?,
        year_to,
    })
}

fn named(fields: &[&[u8]; MOST_COLUMNS]) -> Option<NamedRow> {
    Some(NamedRow {
        id: number(fields[0])?,
        name: text(fields[1])?.into_owned(),
    })
}

fn pair(fields: &[&[u8]; MOST_COLUMNS]) -> Option<(u32, u32)> {
    Some((number(fields[0])?, number(fields[1])?))
}

fn bad_row(table: &'static str, line: &[u8]) -> BadRow {
    let row = String::from_utf8_lossy(&line[..line.len().min(200)]).into_owned();
    BadRow { table, row }
}
