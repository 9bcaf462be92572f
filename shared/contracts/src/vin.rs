//! What the vehicles platform answers about a VIN.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A VIN to decode.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VinQuestion {
    /// The VIN, whole or from its beginning; `*` stands for a character that is not known. Blanks and dashes are for the eye.
    #[schema(example = "1HGCM82633A004352")]
    pub vin: String,
    /// The model year, where it is known: position 10 repeats every 30 years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 2003)]
    pub model_year: Option<i32>,
}

/// What is known of a VIN.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VinAnswer {
    /// The VIN, cleaned.
    #[schema(example = "1HGCM82633A004352")]
    pub vin: String,
    /// Whether it is well formed: 17 characters, each of a kind that may stand there, and the check digit right.
    pub valid: bool,
    /// Position 9.
    pub check_digit: CheckDigit,
    /// The manufacturer's code: positions 1 to 3, and 12 to 14 for makers of few vehicles.
    #[schema(example = "1HG")]
    pub wmi: String,
    /// Positions 4 to 9, the description.
    #[schema(example = "CM8263")]
    pub vds: String,
    /// Positions 10 to 17, the identification.
    #[schema(example = "3A004352")]
    pub vis: String,
    /// Positions 12 to 17; 15 to 17 for makers of few vehicles.
    #[schema(example = "004352")]
    pub serial: String,
    /// The model year.
    #[schema(example = 2003)]
    pub model_year: Option<i32>,
    /// The VIN as it might be meant; `!` where a character is wrong and the right one not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggested_vin: Option<String>,
    /// What could stand where a character is wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub possible_values: Vec<PossibleValues>,
    /// The vehicle.
    pub vehicle: DecodedVehicle,
    /// What vPIC says of the VIN: 0 for a clean decode, which warnings may stand beside.
    pub errors: Vec<VinError>,
    /// More about the errors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additional_error_text: Option<String>,
    /// How much of the VIN the release explains, 0 to 1.
    #[schema(example = 1.0)]
    pub confidence: f64,
    /// Every public variable of vPIC, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Vec<VinAttribute>>,
    /// The load of vehicle data that the answer is from: its month and its number.
    #[schema(example = "2026-10-3")]
    pub data_release: String,
}

/// The check digit of a VIN.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckDigit {
    /// What it should be; null where it cannot be calculated.
    #[schema(example = "3")]
    pub expected: Option<String>,
    /// What it is; null where the VIN is shorter.
    #[schema(example = "3")]
    pub actual: Option<String>,
    /// Whether it is right, or known to be wrong on the vehicle itself.
    pub valid: bool,
}

/// What could stand at a position.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PossibleValues {
    /// The position, from 1.
    #[schema(example = 6)]
    pub position: u8,
    /// The characters that the manufacturer uses there.
    #[schema(example = "16")]
    pub characters: String,
}

/// A code of vPIC's.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VinError {
    /// 0 to 12, 14 or 400.
    #[schema(example = 0)]
    pub code: u16,
    /// vPIC's words for it.
    #[schema(example = "0 - VIN decoded clean. Check Digit (9th position) is correct")]
    pub text: String,
}

/// Something with an id of the catalogue's.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Named<Id> {
    /// The id, as the drop-downs have it.
    pub id: Id,
    /// The name, as the drop-downs have it.
    pub name: String,
}

/// What the VIN says of the vehicle, in the terms of the drop-downs; null for what it does not say.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DecodedVehicle {
    /// The make.
    pub make: Option<Named<i32>>,
    /// The model.
    pub model: Option<Named<i32>>,
    /// The model year.
    pub year: Option<i32>,
    /// The trim.
    pub trim: Option<Named<i64>>,
    /// The series.
    pub series: Option<String>,
    /// The body.
    #[schema(example = "Coupe")]
    pub body_class: Option<String>,
    /// What it was certified as.
    #[schema(example = "PASSENGER CAR")]
    pub vehicle_type: Option<String>,
    /// Doors.
    pub doors: Option<i32>,
    /// Which wheels are driven.
    pub drive_type: Option<String>,
    /// Who made it.
    pub manufacturer: Option<Named<i32>>,
    /// Where it was made.
    pub plant: Option<Plant>,
    /// The class of the gross vehicle weight rating.
    pub gvwr: Option<String>,
    /// The engine, or the electric drive.
    pub engine: Option<DecodedEngine>,
    /// The transmission.
    pub transmission: Option<DecodedTransmission>,
    /// Energy of the traction battery, kWh.
    pub battery_kwh: Option<f64>,
    /// Seats.
    pub seats: Option<i32>,
}

/// Where a vehicle was made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Plant {
    /// The city.
    pub city: Option<String>,
    /// The state or province.
    pub state: Option<String>,
    /// The country.
    pub country: Option<String>,
    /// The company whose plant it is.
    pub company: Option<String>,
}

/// An engine as the VIN tells it.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DecodedEngine {
    /// The id that an engine of these facts has in the drop-downs.
    pub id: Option<i64>,
    /// The facts as a label.
    #[schema(example = "3.0L V6 Gasoline (J30A4)")]
    pub name: Option<String>,
    /// Displacement in litres, three decimals.
    pub displacement_l: Option<f64>,
    /// How many cylinders.
    pub cylinders: Option<i32>,
    /// How they stand.
    pub configuration: Option<String>,
    /// The manufacturer's name for it.
    pub model: Option<String>,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// The fuel.
    pub fuel_primary: Option<String>,
    /// The other fuel of a vehicle that has two.
    pub fuel_secondary: Option<String>,
    /// How far it is electric.
    pub electrification: Option<String>,
    /// Whether it has a turbocharger.
    pub turbo: Option<bool>,
    /// Brake horsepower; of a range, the lowest.
    pub power_hp: Option<f64>,
}

/// A transmission as the VIN tells it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DecodedTransmission {
    /// The id that a transmission of these facts has in the drop-downs.
    pub id: Option<i64>,
    /// The facts as a label.
    #[schema(example = "5-speed Automatic")]
    pub name: Option<String>,
    /// What kind it is.
    pub style: Option<String>,
    /// How many forward speeds.
    pub speeds: Option<i16>,
}

/// A variable of vPIC's.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VinAttribute {
    /// vPIC's element id.
    #[schema(example = 28)]
    pub id: u8,
    /// vPIC's name of the variable.
    #[schema(example = "Model")]
    pub name: String,
    /// vPIC's short name, for programs.
    #[schema(example = "Model")]
    pub code: String,
    /// What it is about.
    #[schema(example = "General")]
    pub group: String,
    /// The value as it reads.
    #[schema(example = "Accord")]
    pub value: Option<String>,
    /// The id in vPIC's look-up table; the value itself where there is none.
    #[schema(example = "1861")]
    pub value_id: Option<String>,
    /// Where it comes from: `pattern`, `formula`, `engine_model`, `vehicle_specification`, `manufacturer`, `model`,
    /// `model_year`, `conversion` or `default`.
    #[schema(example = "pattern")]
    pub source: String,
    /// vPIC's id of the pattern, or of the specification, that gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern_id: Option<u32>,
    /// The key of that pattern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "CM82[67]")]
    pub key: Option<String>,
    /// How a conversion was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formula: Option<String>,
}

/// A line of a batch that got no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineError {
    /// The line, or the place in the list, from 1.
    pub line: u64,
    /// What is wrong with it, for programs.
    #[schema(example = "invalid_vin")]
    pub code: String,
    /// What is wrong with it, for a person.
    pub detail: String,
}

/// What a line of a batch answers when it cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineProblem {
    /// The error.
    pub error: LineError,
}
