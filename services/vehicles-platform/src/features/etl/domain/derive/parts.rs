//! What a model can carry: its trims, engines and transmissions, each with the VINs that carry it.

use super::super::elements::{
    ENGINE_CARRIERS, ENGINE_SLOTS, FALLBACK_CARRIERS, POWER_FROM, POWER_TO, SPEEDS, STYLE, TRIM,
    TRIM_2,
};
use super::super::key_mask::KeyMask;
use super::super::tables::TextId;
use super::bundle::{Entries, Entry};
use super::engines::{CarriedEngine, EngineValues, Engines, horsepower, stated_power};
use super::index::Index;
use super::transmissions::TransmissionValues;
use super::trims::Trims;

/// A trim and where it holds.
pub(super) struct TrimAt {
    pub(super) place: u32,
    pub(super) slot: usize,
    pub(super) value: TextId,
    pub(super) mask: KeyMask,
}

/// An engine and where it holds.
pub(super) struct EngineAt {
    pub(super) engine: CarriedEngine,
    pub(super) stated_power: Vec<u16>,
    pub(super) mask: KeyMask,
}

/// A transmission and where it holds.
pub(super) struct TransmissionAt {
    pub(super) values: TransmissionValues,
    pub(super) mask: KeyMask,
}

/// A model key's possibilities.
pub(super) struct Parts<'a> {
    pub(super) model: KeyMask,
    pub(super) near: Entries<'a>,
    pub(super) trims: Vec<TrimAt>,
    pub(super) engines: Vec<EngineAt>,
    pub(super) transmissions: Vec<TransmissionAt>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(
        model: KeyMask,
        bundle: &Entries<'a>,
        index: &Index<'a>,
        trims: &Trims,
        engines: &mut Engines<'a>,
    ) -> Self {
        let near = bundle.near(&model);
        let trims = trims_of(&model, &near, trims);
        let engines = engines_of(&model, &near, index, engines);
        let transmissions = transmissions_of(&model, &near, index);
        Self {
            model,
            near,
            trims,
            engines,
            transmissions,
        }
    }

    /// The power VINs of `mask` have, lowest and highest in hp: from the patterns there, else as the engine model states.
    pub(super) fn power(
        &self,
        mask: &KeyMask,
        engine: Option<&EngineAt>,
        index: &Index<'_>,
    ) -> Option<(u16, u16)> {
        let mut range: Option<(u16, u16)> = None;
        let mut widen = |hp: u16| {
            range = Some(range.map_or((hp, hp), |(low, high)| (low.min(hp), high.max(hp))));
        };
        for slot in [POWER_FROM, POWER_TO] {
            let covering = self.near.covering(slot, mask);
            if let Some(entry) = covering {
                horsepower(index.tables, entry.value)
                    .into_iter()
                    .for_each(&mut widen);
                continue;
            }
            for entry in self
                .near
                .get(slot)
                .iter()
                .filter(|entry| entry.mask.meets(mask))
            {
                horsepower(index.tables, entry.value)
                    .into_iter()
                    .for_each(&mut widen);
            }
        }
        if range.is_none()
            && let Some(engine) = engine
        {
            let low = engine.stated_power.iter().min().copied();
            range = low.zip(engine.stated_power.iter().max().copied());
        }
        range
    }
}

fn trims_of(model: &KeyMask, near: &Entries<'_>, trims: &Trims) -> Vec<TrimAt> {
    let of_slot = |slot: usize| -> Vec<TrimAt> {
        let trim = |entry: &Entry<'_>| {
            let (place, mask) = trims.place(entry.value).zip(model.meeting(entry.mask))?;
            Some(TrimAt {
                place,
                slot,
                value: entry.value,
                mask,
            })
        };
        near.get(slot).iter().filter_map(trim).collect()
    };
    // Trim2 mostly holds packages on top of a trim; it stands for the trim only where there is none.
    let found = of_slot(TRIM);
    if found.is_empty() {
        of_slot(TRIM_2)
    } else {
        found
    }
}

fn engines_of<'a>(
    model: &KeyMask,
    near: &Entries<'a>,
    index: &Index<'a>,
    engines: &mut Engines<'a>,
) -> Vec<EngineAt> {
    let mut carriers = near.carriers(&ENGINE_CARRIERS, model);
    if carriers.is_empty() {
        carriers = near.carriers(&FALLBACK_CARRIERS, model);
    }
    let mut found = Vec::new();
    for mask in carriers {
        let mut values: EngineValues = [TextId::NONE; ENGINE_SLOTS + 2];
        for (slot, value) in values.iter_mut().enumerate().take(ENGINE_SLOTS) {
            *value = near.value(slot, &mask, index);
        }
        let engine = engines.carried(values);
        if engine.place.is_some() {
            found.push(EngineAt {
                engine,
                stated_power: stated_power(index.tables, &engine),
                mask,
            });
        }
    }
    found
}

fn transmissions_of(model: &KeyMask, near: &Entries<'_>, index: &Index<'_>) -> Vec<TransmissionAt> {
    let carriers = near.carriers(&[STYLE, SPEEDS], model);
    let carried = |mask: KeyMask| {
        let style = near.value(STYLE, &mask, index);
        let speeds = near.value(SPEEDS, &mask, index);
        TransmissionAt {
            values: TransmissionValues { style, speeds },
            mask,
        }
    };
    carriers
        .into_iter()
        .map(carried)
        .filter(|carried| carried.values != TransmissionValues::NONE)
        .collect()
}
