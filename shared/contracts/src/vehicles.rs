//! What the vehicles platform answers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A model year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Year {
    /// The year.
    #[schema(example = 2022)]
    pub id: u16,
    /// The year as text.
    #[schema(example = "2022")]
    pub name: String,
}

/// A make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Make {
    /// vPIC's id of the make.
    #[schema(example = 474)]
    pub id: i32,
    /// Its name, as a person writes it.
    #[schema(example = "Honda")]
    pub name: String,
}

/// What kind of vehicle a model is sold as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum VehicleType {
    /// A passenger car.
    Car,
    /// A multipurpose passenger vehicle: SUV, crossover, minivan.
    Mpv,
    /// A truck, pickups included.
    Truck,
    /// A motorcycle.
    Motorcycle,
}

/// A model of a make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Model {
    /// vPIC's id of the model.
    #[schema(example = 1861)]
    pub id: i32,
    /// Its name, without the make.
    #[schema(example = "Civic")]
    pub name: String,
    /// What it is sold as in that year.
    pub vehicle_types: Vec<VehicleType>,
}

/// A trim level of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Trim {
    /// Made of the name; the same in every release.
    #[schema(example = 173_402_846_511_052_i64)]
    pub id: i64,
    /// The manufacturer's name for it.
    #[schema(example = "EX-L")]
    pub name: String,
}

/// The lowest and the highest power that an engine has in a model; trims may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PowerRange {
    /// Brake horsepower, the lowest.
    #[schema(example = 174)]
    pub min: i16,
    /// Brake horsepower, the highest.
    #[schema(example = 180)]
    pub max: i16,
}

/// An engine, or an electric drive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Engine {
    /// Made of its facts; the same in every release.
    pub id: i64,
    /// The facts as a label.
    #[schema(example = "1.5L I4 Turbo Gasoline (L15B7)")]
    pub name: String,
    /// Displacement in litres, one decimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 1.5)]
    pub displacement_l: Option<f64>,
    /// How many cylinders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 4)]
    pub cylinders: Option<i16>,
    /// How they stand, in vPIC's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "In-Line")]
    pub configuration: Option<String>,
    /// The fuel, in vPIC's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Gasoline")]
    pub fuel_primary: Option<String>,
    /// The other fuel of a vehicle that has two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel_secondary: Option<String>,
    /// How far it is electric, in vPIC's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub electrification: Option<String>,
    /// Whether it has a turbocharger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turbo: Option<bool>,
    /// The manufacturer's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "L15B7")]
    pub engine_model: Option<String>,
    /// Its power in this model and year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_hp: Option<PowerRange>,
}

/// A transmission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Transmission {
    /// Made of its facts; the same in every release.
    pub id: i64,
    /// The facts as a label.
    #[schema(example = "6-speed Manual")]
    pub name: String,
    /// What kind it is, in vPIC's words.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(example = "Manual/Standard")]
    pub kind: Option<String>,
    /// How many forward speeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 6)]
    pub speeds: Option<i16>,
}

/// A trim, an engine and a transmission that one VIN could really carry together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Configuration {
    /// The trim; null where NHTSA's data does not tell.
    pub trim: Option<Trim>,
    /// The engine; null where NHTSA's data does not tell.
    pub engine: Option<Engine>,
    /// The transmission; null where NHTSA's data does not tell.
    pub transmission: Option<Transmission>,
}

/// A make or a model that fits what somebody typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SearchHit {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: HitKind,
    /// vPIC's id of the make or of the model.
    pub id: i32,
    /// The name of the make or of the model.
    #[schema(example = "CR-V")]
    pub name: String,
    /// The make; for a make, itself.
    pub make: Make,
    /// The first and the last year in which it was sold, among those asked for.
    pub years: YearRange,
}

/// What a search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum HitKind {
    /// A make.
    Make,
    /// A model of a make.
    Model,
}

/// Years from the first to the last, both included; there may be gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct YearRange {
    /// The first.
    pub from: u16,
    /// The last.
    pub to: u16,
}
