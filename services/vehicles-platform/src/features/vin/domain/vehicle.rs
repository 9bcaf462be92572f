//! The vehicle of a decoded VIN, in the terms of the drop-downs.

use crate::features::etl::naming;
use contracts::vin::{DecodedEngine, DecodedTransmission, DecodedVehicle, Named, Plant};
use std::borrow::Cow;
use vin_decoder::{Decoded, Value};

/// vPIC's element ids.
mod element {
    pub(super) const BODY_CLASS: u8 = 5;
    pub(super) const CYLINDERS: u8 = 9;
    pub(super) const LITRES: u8 = 13;
    pub(super) const DOORS: u8 = 14;
    pub(super) const DRIVE_TYPE: u8 = 15;
    pub(super) const ENGINE_MODEL: u8 = 18;
    pub(super) const FUEL_PRIMARY: u8 = 24;
    pub(super) const GVWR_FROM: u8 = 25;
    pub(super) const MAKE: u8 = 26;
    pub(super) const MANUFACTURER: u8 = 27;
    pub(super) const MODEL: u8 = 28;
    pub(super) const PLANT_CITY: u8 = 31;
    pub(super) const SEATS: u8 = 33;
    pub(super) const SERIES: u8 = 34;
    pub(super) const TRANSMISSION_STYLE: u8 = 37;
    pub(super) const TRIM: u8 = 38;
    pub(super) const VEHICLE_TYPE: u8 = 39;
    pub(super) const BATTERY_KWH: u8 = 59;
    pub(super) const TRANSMISSION_SPEEDS: u8 = 63;
    pub(super) const CONFIGURATION: u8 = 64;
    pub(super) const FUEL_SECONDARY: u8 = 66;
    pub(super) const POWER_HP: u8 = 71;
    pub(super) const PLANT_COUNTRY: u8 = 75;
    pub(super) const PLANT_COMPANY: u8 = 76;
    pub(super) const PLANT_STATE: u8 = 77;
    pub(super) const ELECTRIFICATION: u8 = 126;
    pub(super) const TURBO: u8 = 135;
    pub(super) const ENGINE_MANUFACTURER: u8 = 146;
    pub(super) const GVWR_TO: u8 = 190;
}
use element::{
    BATTERY_KWH, BODY_CLASS, CONFIGURATION, CYLINDERS, DOORS, DRIVE_TYPE, ELECTRIFICATION,
    ENGINE_MANUFACTURER, ENGINE_MODEL, FUEL_PRIMARY, FUEL_SECONDARY, GVWR_FROM, GVWR_TO, LITRES,
    MAKE, MANUFACTURER, MODEL, PLANT_CITY, PLANT_COMPANY, PLANT_COUNTRY, PLANT_STATE, POWER_HP,
    SEATS, SERIES, TRANSMISSION_SPEEDS, TRANSMISSION_STYLE, TRIM, TURBO, VEHICLE_TYPE,
};

/// What vPIC shows for a default of "none".
const NOT_APPLICABLE: &str = "Not Applicable";
/// vPIC's ids of `turbo`.
const TURBO_YES: &str = "1";
const TURBO_NO: &str = "2";

pub(super) fn vehicle<'i>(decoded: &Decoded<'i>) -> DecodedVehicle<'i> {
    let facts = Facts(decoded);
    let trim = facts.text(TRIM).and_then(|text| naming::trim(&text));
    DecodedVehicle {
        make: facts.named(MAKE, |_| {
            Some(naming::make(decoded.make_as_filed()?).into())
        }),
        model: facts.named(MODEL, |name| Some(naming::model(&name).into())),
        year: decoded.model_year,
        trim: trim.map(|(id, name)| Named {
            id,
            name: name.into(),
        }),
        series: facts.text(SERIES),
        body_class: facts.text(BODY_CLASS),
        vehicle_type: facts.text(VEHICLE_TYPE),
        doors: facts.number(DOORS),
        drive_type: facts.text(DRIVE_TYPE),
        manufacturer: facts.named(MANUFACTURER, Some),
        plant: facts.plant(),
        gvwr: facts.gvwr(),
        engine: facts.engine(),
        transmission: facts.transmission(),
        battery_kwh: facts.number(BATTERY_KWH),
        seats: facts.number(SEATS),
    }
}

struct Facts<'d, 'i>(&'d Decoded<'i>);

impl<'i> Facts<'_, 'i> {
    fn text(&self, element: u8) -> Option<Value<'i>> {
        let value = self.0.value(element)?;
        (!value.is_empty() && value != NOT_APPLICABLE).then_some(value)
    }

    fn number<T: std::str::FromStr>(&self, element: u8) -> Option<T> {
        self.0.value(element)?.parse().ok()
    }

    /// The id in vPIC's look-up table; 0 stands for "not applicable".
    fn id<T: std::str::FromStr>(&self, element: u8) -> Option<T> {
        let id = self.0.attribute_id(element)?;
        (id != "0").then(|| id.parse().ok())?
    }

    fn named(
        &self,
        element: u8,
        name: impl FnOnce(Value<'i>) -> Option<Value<'i>>,
    ) -> Option<Named<'i, i32>> {
        let value = self.0.value(element)?;
        Some(Named {
            id: self.id(element)?,
            name: name(value)?,
        })
    }

    fn plant(&self) -> Option<Plant<'i>> {
        let plant = Plant {
            city: self.text(PLANT_CITY),
            state: self.text(PLANT_STATE),
            country: self.text(PLANT_COUNTRY),
            company: self.text(PLANT_COMPANY),
        };
        let known = [&plant.city, &plant.state, &plant.country, &plant.company];
        known.iter().any(|it| it.is_some()).then_some(plant)
    }

    /// One class, or the range that two of them span.
    fn gvwr(&self) -> Option<Value<'i>> {
        let from = self.text(GVWR_FROM)?;
        match self.text(GVWR_TO) {
            Some(to) if to != from => Some(Cow::Owned(format!("{from} to {to}"))),
            _ => Some(from),
        }
    }

    fn engine(&self) -> Option<DecodedEngine<'i>> {
        let litres: Option<f64> = self.number(LITRES);
        let model = self.text(ENGINE_MODEL);
        let turbo = match self.0.attribute_id(TURBO).as_deref() {
            Some(TURBO_YES) => Some(true),
            Some(TURBO_NO) => Some(false),
            _ => None,
        };
        let named = naming::engine(&naming::Engine {
            litres,
            cylinders: self.number(CYLINDERS),
            configuration: self.id(CONFIGURATION),
            fuel_primary: self.id(FUEL_PRIMARY),
            fuel_secondary: self.id(FUEL_SECONDARY),
            electrification: self.id(ELECTRIFICATION),
            turbo,
            model: model.as_deref(),
        });
        let (id, name) = named.unzip();
        let engine = DecodedEngine {
            id,
            name: name.map(Cow::Owned),
            displacement_l: litres.map(|litres| (litres * 1000.0).round() / 1000.0),
            cylinders: self.number(CYLINDERS),
            configuration: self.text(CONFIGURATION),
            model,
            manufacturer: self.text(ENGINE_MANUFACTURER),
            fuel_primary: self.text(FUEL_PRIMARY),
            fuel_secondary: self.text(FUEL_SECONDARY),
            electrification: self.text(ELECTRIFICATION),
            turbo,
            power_hp: self.number(POWER_HP),
        };
        (engine != DecodedEngine::default()).then_some(engine)
    }

    fn transmission(&self) -> Option<DecodedTransmission<'i>> {
        let style = self.text(TRANSMISSION_STYLE);
        let speeds = self.number(TRANSMISSION_SPEEDS);
        let style_id = self.id(TRANSMISSION_STYLE);
        let named = naming::transmission(style_id, style.as_deref(), speeds);
        let (id, name) = named.unzip();
        let known = style.is_some() || speeds.is_some();
        known.then(|| DecodedTransmission {
            id,
            name: name.map(Cow::Owned),
            style,
            speeds,
        })
    }
}
