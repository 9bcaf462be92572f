//! What a vehicle is: as a VIN says it, as it was chosen, or as its owner knows better.

use super::energy::{EnergyStore, of_decoded};
use crate::decimal::Capacity;
use contracts::vin::DecodedVehicle;
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a vehicle is. Everything may be unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Specification {
    /// The model year.
    #[schema(minimum = 1885, maximum = 2100, example = 2003)]
    pub(crate) year: Option<i32>,
    #[schema(max_length = 120, example = "Honda")]
    pub(crate) make: Option<String>,
    #[schema(max_length = 120, example = "Accord")]
    pub(crate) model: Option<String>,
    #[schema(max_length = 120, example = "EX-V6")]
    pub(crate) trim: Option<String>,
    #[schema(max_length = 120, example = "3.0L V6 Gasoline (J30A4)")]
    pub(crate) engine: Option<String>,
    #[schema(max_length = 120, example = "5-speed Automatic")]
    pub(crate) transmission: Option<String>,
    #[schema(max_length = 120, example = "Coupe")]
    pub(crate) body_class: Option<String>,
    #[schema(max_length = 120, example = "4x2")]
    pub(crate) drive_type: Option<String>,
}

impl Specification {
    /// What a VIN says.
    pub(crate) fn of_decoded(decoded: &DecodedVehicle<'_>) -> Self {
        let owned = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().map(str::to_owned);
        let engine = decoded.engine.as_ref();
        let transmission = decoded.transmission.as_ref();
        Self {
            year: decoded.year,
            make: decoded.make.as_ref().map(|it| it.name.to_string()),
            model: decoded.model.as_ref().map(|it| it.name.to_string()),
            trim: decoded.trim.as_ref().map(|it| it.name.to_string()),
            engine: engine.and_then(|it| owned(&it.name)),
            transmission: transmission.and_then(|it| owned(&it.name)),
            body_class: owned(&decoded.body_class),
            drive_type: owned(&decoded.drive_type),
        }
    }

    /// With what somebody else knows where this knows nothing: what a person said goes before what a VIN says.
    pub(crate) fn completed_by(self, other: Self) -> Self {
        Self {
            year: self.year.or(other.year),
            make: self.make.or(other.make),
            model: self.model.or(other.model),
            trim: self.trim.or(other.trim),
            engine: self.engine.or(other.engine),
            transmission: self.transmission.or(other.transmission),
            body_class: self.body_class.or(other.body_class),
            drive_type: self.drive_type.or(other.drive_type),
        }
    }

    /// Without what the other one says the same.
    pub(crate) fn without(self, other: &Self) -> Self {
        fn differing<T: PartialEq>(own: Option<T>, other: Option<&T>) -> Option<T> {
            own.filter(|own| other != Some(own))
        }
        Self {
            year: differing(self.year, other.year.as_ref()),
            make: differing(self.make, other.make.as_ref()),
            model: differing(self.model, other.model.as_ref()),
            trim: differing(self.trim, other.trim.as_ref()),
            engine: differing(self.engine, other.engine.as_ref()),
            transmission: differing(self.transmission, other.transmission.as_ref()),
            body_class: differing(self.body_class, other.body_class.as_ref()),
            drive_type: differing(self.drive_type, other.drive_type.as_ref()),
        }
    }

    /// Its texts with their names.
    pub(crate) fn texts(&self) -> [(&'static str, Option<&str>); 7] {
        [
            ("make", self.make.as_deref()),
            ("model", self.model.as_deref()),
            ("trim", self.trim.as_deref()),
            ("engine", self.engine.as_deref()),
            ("transmission", self.transmission.as_deref()),
            ("body_class", self.body_class.as_deref()),
            ("drive_type", self.drive_type.as_deref()),
        ]
    }
}

/// What a decoded vehicle runs on.
pub(crate) fn energies_of(decoded: &DecodedVehicle<'_>) -> Vec<EnergyStore> {
    let engine = decoded.engine.as_ref();
    let fuels = [
        engine.and_then(|it| it.fuel_primary.as_deref()),
        engine.and_then(|it| it.fuel_secondary.as_deref()),
    ];
    let electrification = engine.and_then(|it| it.electrification.as_deref());
    let battery = decoded.battery_kwh.and_then(Decimal::from_f64);
    of_decoded(fuels, electrification, battery.map(Capacity::rounded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_said_goes_before_what_the_vin_says() {
        let said = Specification {
            model: Some("Accord Coupe".to_owned()),
            ..Specification::default()
        };
        let decoded = Specification {
            year: Some(2003),
            model: Some("Accord".to_owned()),
            ..Specification::default()
        };
        let both = said.completed_by(decoded);
        assert_eq!(
            (both.year, both.model.as_deref()),
            (Some(2003), Some("Accord Coupe"))
        );
    }
}
