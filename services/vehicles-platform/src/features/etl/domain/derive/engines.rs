//! Engines met while deriving: raw values become facts once, facts with one name become one engine.

use rustc_hash::FxHashMap;

use super::super::catalog::EngineRow;
use super::super::elements::{
    CONFIGURATION, CUBIC_CM, CUBIC_INCHES, CYLINDERS, ELECTRIFICATION, ENGINE_MODEL, ENGINE_SLOTS,
    FUEL_PRIMARY, FUEL_SECONDARY, LITRES, POWER_FROM, POWER_TO, Slot, TURBO,
};
use super::super::tables::{NamedRow, TextId, VpicTables};
use super::engine_identity::EngineIdentity;
use super::engine_label::{EngineFacts, LITRES_PER_CUBIC_INCH};
use super::ids::{IdCollision, folded, ids_of, squeezed};

/// Values of the engine's elements and, from its engine model, its power.
pub(super) type EngineValues = [TextId; ENGINE_SLOTS + 2];

/// An engine as one key carries it.
#[derive(Clone, Copy)]
pub(super) struct CarriedEngine {
    pub(super) values: EngineValues,
    /// Place among the named engines.
    pub(super) place: Option<u32>,
}

/// An engine by name, with the facts all its carriers agree on.
struct Named {
    folded: String,
    name: String,
    /// What the name was made of.
    identity: EngineIdentity,
    facts: EngineFacts,
    /// More carriers, with other facts: what differs is not kept.
    configuration: Merged<u32>,
    fuel_primary: Merged<u32>,
    fuel_secondary: Merged<u32>,
    electrification: Merged<u32>,
    turbo: Merged<bool>,
    cylinders: Merged<u8>,
}

/// A fact over several carriers: known only if all say the same.
#[derive(Clone, Copy)]
struct Merged<T>(Option<T>);

impl<T: PartialEq + Copy> Merged<T> {
    fn meet(&mut self, other: Option<T>) {
        if self.0 != other {
            self.0 = None;
        }
    }
}

/// All engines of one derivation.
pub(super) struct Engines<'a> {
    tables: &'a VpicTables,
    model_patterns: FxHashMap<String, Vec<(Slot, TextId)>>,
    known: FxHashMap<EngineValues, CarriedEngine>,
    places: FxHashMap<String, u32>,
    named: Vec<Named>,
    model_numbers: FxHashMap<String, u32>,
}

impl<'a> Engines<'a> {
    pub(super) fn new(tables: &'a VpicTables) -> Self {
        let mut by_model: FxHashMap<u32, Vec<(Slot, TextId)>> = FxHashMap::default();
        for row in &tables.engine_model_patterns {
            by_model
                .entry(row.engine_model)
                .or_default()
                .push((usize::from(row.slot), row.value));
        }
        let model_patterns = tables
            .engine_models
            .iter()
            .filter_map(|model| Some((folded(&model.name), by_model.remove(&model.id)?)))
            .collect();
        Self {
            tables,
            model_patterns,
            known: FxHashMap::default(),
            places: FxHashMap::default(),
            named: Vec::new(),
            model_numbers: FxHashMap::default(),
        }
    }

    /// The engine a key carries, its gaps filled from its engine model.
    pub(super) fn carried(&mut self, values: EngineValues) -> CarriedEngine {
        if let Some(&known) = self.known.get(&values) {
            return known;
        }
        let filled = self.filled(values);
        let place = self.place(&filled);
        let carried = CarriedEngine {
            values: filled,
            place,
        };
        self.known.insert(values, carried);
        carried
    }

    fn filled(&self, mut values: EngineValues) -> EngineValues {
        let model = values.get(ENGINE_MODEL).and_then(|value| value.known());
        let patterns = model.and_then(|model| {
            self.model_patterns
                .get(&folded(self.tables.texts.get(model)))
        });
        for &(slot, value) in patterns.into_iter().flatten() {
            if let Some(gap) = values.get_mut(slot).filter(|have| **have == TextId::NONE) {
                *gap = value;
            }
        }
        values
    }

    fn place(&mut self, values: &EngineValues) -> Option<u32> {
        let facts = self.facts(values);
        let name = facts.label()?;
        let text = folded(&name);
        if let Some(&place) = self.places.get(&text) {
            if let Some(named) = usize::try_from(place)
                .ok()
                .and_then(|place| self.named.get_mut(place))
            {
                named.meet(name, &facts);
            }
            return Some(place);
        }
        let place = u32::try_from(self.named.len()).ok()?;
        let models = u32::try_from(self.model_numbers.len()).ok()?;
        let model = facts.engine_model.as_deref().map(folded);
        let model = model.map(|text| *self.model_numbers.entry(text).or_insert(models));
        let identity = EngineIdentity::new(&facts, model);
        self.places.insert(text.clone(), place);
        self.named.push(Named::new(text, name, facts, identity));
        Some(place)
    }

    fn facts(&self, values: &EngineValues) -> EngineFacts {
        let text = |slot: Slot| {
            values
                .get(slot)?
                .known()
                .map(|id| self.tables.texts.get(id))
        };
        let number = |slot: Slot| text(slot)?.parse::<f64>().ok().filter(|value| *value > 0.0);
        let id = |slot: Slot| text(slot)?.parse::<u32>().ok();
        let litres = number(LITRES)
            .or_else(|| number(CUBIC_CM).map(|cc| cc / 1000.0))
            .or_else(|| number(CUBIC_INCHES).map(|inches| inches * LITRES_PER_CUBIC_INCH));
        let facts = EngineFacts {
            litres: litres.filter(|litres| (0.01..100.0).contains(litres)),
            cylinders: text(CYLINDERS)
                .and_then(|text| text.parse().ok())
                .filter(|count| (1..=48).contains(count)),
            configuration: id(CONFIGURATION),
            fuel_primary: id(FUEL_PRIMARY),
            fuel_secondary: id(FUEL_SECONDARY),
            electrification: id(ELECTRIFICATION),
            turbo: id(TURBO).and_then(|id| match id {
                1 => Some(true),
                2 => Some(false),
                _ => None,
            }),
            engine_model: text(ENGINE_MODEL)
                .map(squeezed)
                .filter(|model| !model.is_empty()),
        };
        facts.without_contradiction()
    }

    /// Does `fine` say all that `vague` says, and more?
    pub(super) fn refines(&self, fine: u32, vague: u32) -> bool {
        let named = |place: u32| {
            usize::try_from(place)
                .ok()
                .and_then(|place| self.named.get(place))
        };
        named(fine)
            .zip(named(vague))
            .is_some_and(|(fine, vague)| fine.identity.refines(&vague.identity))
    }

    /// The engines' rows and ids by place.
    pub(super) fn rows(&self) -> Result<Vec<EngineRow>, IdCollision> {
        let ids = ids_of(
            "engine",
            self.named.iter().map(|engine| engine.folded.as_str()),
        )?;
        let row = |(engine, id): (&Named, i64)| EngineRow {
            id,
            name: engine.name.clone(),
            displacement_dl: engine.facts.displacement_dl(),
            cylinders: engine.cylinders.0.map(i16::from),
            configuration: lookup(&self.tables.engine_configurations, engine.configuration.0),
            fuel_primary: lookup(&self.tables.fuel_types, engine.fuel_primary.0),
            fuel_secondary: lookup(&self.tables.fuel_types, engine.fuel_secondary.0),
            electrification: lookup(
                &self.tables.electrification_levels,
                engine.electrification.0,
            ),
            turbo: engine.turbo.0,
            engine_model: engine.facts.engine_model.clone(),
        };
        Ok(self.named.iter().zip(ids).map(row).collect())
    }
}

impl Named {
    fn new(folded: String, name: String, facts: EngineFacts, identity: EngineIdentity) -> Self {
        Self {
            folded,
            name,
            configuration: Merged(facts.configuration),
            fuel_primary: Merged(facts.fuel_primary),
            fuel_secondary: Merged(facts.fuel_secondary),
            electrification: Merged(facts.electrification),
            turbo: Merged(facts.turbo),
            cylinders: Merged(facts.cylinders),
            identity,
            facts,
        }
    }

    /// Another carrier under the same name: what differs is unknown, and the first spelling in byte order is kept.
    fn meet(&mut self, name: String, other: &EngineFacts) {
        self.configuration.meet(other.configuration);
        self.fuel_primary.meet(other.fuel_primary);
        self.fuel_secondary.meet(other.fuel_secondary);
        self.electrification.meet(other.electrification);
        self.turbo.meet(other.turbo);
        self.cylinders.meet(other.cylinders);
        if self.facts.displacement_dl() != other.displacement_dl() {
            self.facts.litres = None;
        }
        if name < self.name {
            self.name = name;
            self.facts.engine_model.clone_from(&other.engine_model);
        }
    }
}

/// Power in whole hp.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "hp are checked to lie between 0.5 and 10,000"
)]
pub(super) fn horsepower(tables: &VpicTables, value: TextId) -> Option<u16> {
    let hp: f64 = tables.texts.get(value.known()?).parse().ok()?;
    (0.5..10_000.0).contains(&hp).then_some(hp.round() as u16)
}

/// The power an engine model states.
pub(super) fn stated_power(tables: &VpicTables, engine: &CarriedEngine) -> Vec<u16> {
    [POWER_FROM, POWER_TO]
        .iter()
        .filter_map(|&slot| horsepower(tables, *engine.values.get(slot)?))
        .collect()
}

fn lookup(rows: &[NamedRow], id: Option<u32>) -> Option<String> {
    let id = id?;
    rows.iter()
        .find(|row| row.id == id)
        .map(|row| squeezed(&row.name))
}
