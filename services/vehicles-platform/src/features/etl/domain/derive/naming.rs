//! The names and ids that the catalogue gives to what a decoded VIN tells, so that both name the same thing alike.

use super::engine_label::EngineFacts;
use super::ids::{folded, id_of, squeezed};
use super::names;
use super::transmissions::transmission_name;

/// An id of the catalogue's and the name that goes with it.
pub(crate) type IdAndName = (i64, String);

/// A make's name.
pub(crate) fn make(filed: &str) -> String {
    names::make_name(filed)
}

/// A model's name.
pub(crate) fn model(filed: &str) -> String {
    names::model_name(filed)
}

/// A trim; `None` for texts that name none.
pub(crate) fn trim(filed: &str) -> Option<IdAndName> {
    names::trim_name(filed).map(|name| with_id("trim", name))
}

/// A transmission by vPIC's id and name of its style.
pub(crate) fn transmission(
    style_id: Option<u32>,
    style: Option<&str>,
    speeds: Option<i16>,
) -> Option<IdAndName> {
    let style = style.map(squeezed);
    let speeds = speeds.filter(|speeds| (1..=24).contains(speeds));
    let name = transmission_name(style_id, style.as_deref(), speeds)?;
    Some(with_id("transmission", name))
}

/// An engine. Configuration, fuels and electrification are vPIC's ids.
#[derive(Debug, Default)]
pub(crate) struct Engine<'a> {
    pub(crate) litres: Option<f64>,
    pub(crate) cylinders: Option<u8>,
    pub(crate) configuration: Option<u32>,
    pub(crate) fuel_primary: Option<u32>,
    pub(crate) fuel_secondary: Option<u32>,
    pub(crate) electrification: Option<u32>,
    pub(crate) turbo: Option<bool>,
    pub(crate) model: Option<&'a str>,
}

/// An engine by its facts; `None` when they name none.
pub(crate) fn engine(engine: &Engine<'_>) -> Option<IdAndName> {
    let facts = EngineFacts {
        litres: engine
            .litres
            .filter(|litres| (0.01..100.0).contains(litres)),
        cylinders: engine.cylinders.filter(|count| (1..=48).contains(count)),
        configuration: engine.configuration,
        fuel_primary: engine.fuel_primary,
        fuel_secondary: engine.fuel_secondary,
        electrification: engine.electrification,
        turbo: engine.turbo,
        engine_model: engine.model.map(squeezed).filter(|it| !it.is_empty()),
    };
    let name = facts.without_contradiction().label()?;
    Some(with_id("engine", name))
}

fn with_id(kind: &str, name: String) -> IdAndName {
    (id_of(kind, &folded(&name)), name)
}
