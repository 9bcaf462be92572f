//! The joint answer: trims, engines and transmissions whose keys meet, which is what one VIN could carry.

use super::super::elements::ENGINE_SLOTS;
use super::super::key_mask::KeyMask;
use super::super::tables::TextId;
use super::index::Index;
use super::parts::{EngineAt, Parts, TransmissionAt, TrimAt};
use super::specs::SpecGroup;
use super::transmissions::{TransmissionValues, Transmissions};

/// Nothing known in this column.
pub(super) const NONE: u32 = u32::MAX;

/// One combination, by places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Combination {
    pub(super) trim: u32,
    pub(super) engine: u32,
    pub(super) transmission: u32,
    /// hp; 0 is unknown.
    pub(super) power_min: u16,
    pub(super) power_max: u16,
}

/// Works out the combinations of one model key.
pub(super) struct Joint<'w, 'a> {
    pub(super) index: &'w Index<'a>,
    pub(super) parts: &'w Parts<'a>,
    pub(super) specs: &'w [&'w SpecGroup],
    pub(super) transmissions: &'w mut Transmissions<'a>,
    pub(super) found: &'w mut Vec<Combination>,
}

impl Joint<'_, '_> {
    /// Every combination; nothing a key carries is lost, for what meets no trim or engine stands with NULL there.
    pub(super) fn run(&mut self) {
        let parts = self.parts;
        let mut engine_met = vec![false; parts.engines.len()];
        let mut transmission_met = vec![false; parts.transmissions.len()];
        for trim in &parts.trims {
            let mut alone = true;
            for (engine, met) in parts.engines.iter().zip(&mut engine_met) {
                if let Some(both) = trim.mask.meeting(&engine.mask) {
                    alone = false;
                    *met = true;
                    self.with_transmissions(&both, Some(trim), Some(engine), &mut transmission_met);
                }
            }
            if alone {
                self.with_transmissions(&trim.mask, Some(trim), None, &mut transmission_met);
            }
        }
        for (engine, _) in parts
            .engines
            .iter()
            .zip(&engine_met)
            .filter(|(_, met)| !**met)
        {
            self.with_transmissions(&engine.mask, None, Some(engine), &mut transmission_met);
        }
        if parts.trims.is_empty() && parts.engines.is_empty() {
            self.with_transmissions(&parts.model, None, None, &mut transmission_met);
        }
        let unmet = parts
            .transmissions
            .iter()
            .zip(&transmission_met)
            .filter(|(_, met)| !**met);
        for (transmission, _) in unmet {
            self.emit(&transmission.mask, None, None, transmission.values);
        }
    }

    fn with_transmissions(
        &mut self,
        mask: &KeyMask,
        trim: Option<&TrimAt>,
        engine: Option<&EngineAt>,
        met: &mut [bool],
    ) {
        let parts = self.parts;
        let mut alone = true;
        for (
            TransmissionAt {
                values,
                mask: carrier,
            },
            met,
        ) in parts.transmissions.iter().zip(met)
        {
            if let Some(all) = mask.meeting(carrier) {
                alone = false;
                *met = true;
                self.emit(&all, trim, engine, *values);
            }
        }
        if alone {
            self.emit(mask, trim, engine, TransmissionValues::NONE);
        }
    }

    fn emit(
        &mut self,
        mask: &KeyMask,
        trim: Option<&TrimAt>,
        engine: Option<&EngineAt>,
        told: TransmissionValues,
    ) {
        let power = self.parts.power(mask, engine, self.index);
        let (power_min, power_max) = power.unwrap_or((0, 0));
        let trim_place = trim.map_or(NONE, |trim| trim.place);
        let engine_place = engine
            .and_then(|engine| engine.engine.place)
            .unwrap_or(NONE);
        for values in self.filled(mask, trim, engine, told) {
            let transmission = self.transmissions.place(values).unwrap_or(NONE);
            if [trim_place, engine_place, transmission] != [NONE; 3] {
                self.found.push(Combination {
                    trim: trim_place,
                    engine: engine_place,
                    transmission,
                    power_min,
                    power_max,
                });
            }
        }
    }

    /// The transmissions of a combination once specifications have filled what its keys do not tell.
    ///
    /// Of the specifications that surely hold the latest change wins, as in decoding; those that may hold (a body or
    /// drive the combination leaves open) are further possibilities.
    fn filled(
        &self,
        mask: &KeyMask,
        trim: Option<&TrimAt>,
        engine: Option<&EngineAt>,
        told: TransmissionValues,
    ) -> Vec<TransmissionValues> {
        if self.specs.is_empty() || (told.style != TextId::NONE && told.speeds != TextId::NONE) {
            return vec![told];
        }
        let mut sure: Option<(&SpecGroup, TransmissionValues)> = None;
        let mut possible = Vec::new();
        for group in self.specs {
            let Some(values) = self.completed(told, group) else {
                continue;
            };
            match self.holds(group, mask, trim, engine) {
                Holds::Never => {}
                Holds::Maybe => possible.push(values),
                Holds::Surely => {
                    let order = |group: &SpecGroup| (group.changed, group.keys.len(), group.id);
                    if sure.is_none_or(|(best, _)| order(best) < order(group)) {
                        sure = Some((group, values));
                    }
                }
            }
        }
        possible.extend(sure.map(|(_, values)| values));
        if possible.is_empty() {
            possible.push(told);
        }
        possible.sort_unstable();
        possible.dedup();
        possible
    }

    /// What a specification adds to what the keys tell; `None` when it speaks of another style.
    fn completed(&self, told: TransmissionValues, group: &SpecGroup) -> Option<TransmissionValues> {
        let (style, speeds) = (group.style, group.speeds);
        if told.style == TextId::NONE {
            return Some(TransmissionValues {
                style,
                speeds: told.speeds.known().unwrap_or(speeds),
            });
        }
        let same = style == TextId::NONE || self.index.alike(style) == self.index.alike(told.style);
        same.then_some(TransmissionValues {
            style: told.style,
            speeds,
        })
    }

    /// Do all keys of a specification hold for the combination?
    fn holds(
        &self,
        group: &SpecGroup,
        mask: &KeyMask,
        trim: Option<&TrimAt>,
        engine: Option<&EngineAt>,
    ) -> Holds {
        let mut all = Holds::Surely;
        for &(slot, wanted) in &group.keys {
            let one = slot.map_or(Holds::Never, |slot| {
                self.key_holds(usize::from(slot), wanted, mask, trim, engine)
            });
            match one {
                Holds::Never => return Holds::Never,
                Holds::Maybe => all = Holds::Maybe,
                Holds::Surely => {}
            }
        }
        all
    }

    fn key_holds(
        &self,
        slot: usize,
        wanted: TextId,
        mask: &KeyMask,
        trim: Option<&TrimAt>,
        engine: Option<&EngineAt>,
    ) -> Holds {
        let wanted = self.index.alike(wanted);
        let carried = match (trim, engine) {
            (Some(trim), _) if trim.slot == slot => Some(trim.value),
            (_, Some(engine)) if slot < ENGINE_SLOTS => engine
                .engine
                .values
                .get(slot)
                .and_then(|value| value.known()),
            _ => None,
        };
        if let Some(value) = carried {
            return if self.index.alike(value) == wanted {
                Holds::Surely
            } else {
                Holds::Never
            };
        }
        let mut holds = Holds::Never;
        let entries = self.parts.near.get(slot).iter();
        for entry in entries
            .filter(|entry| self.index.alike(entry.value) == wanted && entry.mask.meets(mask))
        {
            if entry.mask.covers(mask) {
                return Holds::Surely;
            }
            holds = Holds::Maybe;
        }
        holds
    }
}

/// Does a specification hold for every VIN of a combination, for some, or for none?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Never,
    Maybe,
    Surely,
}
